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

from nlu.fast_yaml import load_yaml

ROOT = Path(__file__).resolve().parents[1]
ACTIONS_SECRET = "secret-of-tests"
PHONE = "919848012345"
"""The sandbox has it on record for what tests ask for; `OWNERS` puts it on record for the rest."""
OWNERS = ROOT / "tests" / "owners.yml"


def lane(name: str) -> str:
    """A conversation of its own, held from `PHONE`."""
    return f"{name}:{PHONE}"


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def department_urls(port: int, data: Path = ROOT / "data") -> dict[str, str]:
    """Environment that sends every department's calls to one sandbox."""
    found = {}
    for path in sorted((data / "departments").glob("*.yml")):
        raw = load_yaml(path.read_text("utf-8"))
        if "base_url" in raw and "department" in raw:
            found[raw["base_url"]["env"]] = f"http://127.0.0.1:{port}/{raw['department']}"
    return found


_ALONE = {
    "SEVA_ACTIONS_SECRET": ACTIONS_SECRET,
    "SEVA_ACTIONS_METRICS_PORT": "0",
    "SEVA_CALLBACKS_PORT": "0",
    "SEVA_DRAIN_SECONDS": "0",
    "SEVA_SANDBOX_OWNERS": str(OWNERS),
}


@contextmanager
def seva(
    command: str,
    ready: str,
    at: int | Path,
    environment: Mapping[str, str],
    log: Path,
    cwd: Path = ROOT,
) -> Iterator[str]:
    """Runs `seva COMMAND` in the folder `cwd` until the block ends; yields its base URL. `at` is
    its port, or the socket where `environment` lets it listen."""
    port, transport = f"{at}", httpx.HTTPTransport(uds=None if isinstance(at, int) else str(at))
    where = ["--port", port] if isinstance(at, int) else []
    base = f"http://127.0.0.1:{port}" if where else "http://localhost"
    with open(log, "wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "nlu.cli", *command.split(), *where],
            cwd=cwd,
            env={**os.environ, **_ALONE, **environment},
            stdout=out,
            stderr=out,
        )
    try:
        with httpx.Client(transport=transport, timeout=2, trust_env=False) as client:
            _until_ready(client, base + ready, process, f"seva {command}", log)
        yield base
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until_ready(
    client: httpx.Client, url: str, process: subprocess.Popen[bytes], name: str, log: Path
) -> None:
    until = time.monotonic() + 90
    while True:
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"{name} did not start:\n{log.read_text('utf-8')}")
        try:
            if client.get(url).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.1)
