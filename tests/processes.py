"""Real processes for tests: sandbox departments and action server on free ports."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import yaml

ROOT = Path(__file__).resolve().parents[1]


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def department_urls(port: int, data: Path = ROOT / "data") -> dict[str, str]:
    """Environment that sends every department's calls to one sandbox."""
    found = {}
    for path in sorted((data / "departments").glob("*.yml")):
        raw = yaml.safe_load(path.read_text("utf-8"))
        if "base_url" in raw and "department" in raw:
            found[raw["base_url"]["env"]] = f"http://127.0.0.1:{port}/{raw['department']}"
    return found


@contextmanager
def seva(
    command: str, ready: str, port: int, environment: Mapping[str, str], log: Path
) -> Iterator[str]:
    """Runs `seva COMMAND --port PORT` until the block ends; yields its base URL."""
    base = f"http://127.0.0.1:{port}"
    with open(log, "wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "nlu.cli", *command.split(), "--port", str(port)],
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=out,
            stderr=out,
        )
    try:
        until = time.monotonic() + 90
        while True:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"seva {command} did not start:\n{log.read_text('utf-8')}")
            try:
                if httpx.get(base + ready, timeout=2, trust_env=False).status_code == 200:
                    break
            except httpx.HTTPError:
                time.sleep(0.1)
        yield base
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
