"""Starts deploy/haproxy.cfg and the `seva serve` processes that it names; ends them with itself.

python -m benchmarks.behind_haproxy ADDRESS:PORT
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import regex

ROOT = Path(__file__).resolve().parents[1]
CONFIG = ROOT / "deploy" / "haproxy.cfg"
_SERVER = regex.compile(r"^\s+server\s+\S+\s+[\d.]+:(\d+)", regex.MULTILINE)


def program() -> str | None:
    """Where haproxy lies, if it is installed; Debian's place is not on everybody's path."""
    return shutil.which("haproxy") or shutil.which("haproxy", path="/usr/sbin")


def ports(config: str) -> list[int]:
    """Ports of the servers that a configuration names, each once."""
    return list(dict.fromkeys(int(found[1]) for found in _SERVER.finditer(config)))


def main(argv: Sequence[str]) -> int:
    """Runs until SIGTERM or until one of the processes ends, which is an error."""
    (bind,) = argv
    haproxy = program()
    if haproxy is None:
        print("haproxy is not installed; `make system` installs it", file=sys.stderr)
        return 1
    commands: list[tuple[list[str], dict[str, str]]] = [
        (
            [sys.executable, "-m", "nlu.cli", "serve", "--processes", "1"],
            {"SEVA_SERVE_PORT": str(port), "SEVA_INTERNAL_PORT": "0"},
        )
        for port in ports(CONFIG.read_text("utf-8"))
    ]
    commands.append(([haproxy, "-f", str(CONFIG)], {"HAPROXY_BIND": bind}))

    def stop(number: int, frame: FrameType | None) -> None:
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, stop)
    running = [subprocess.Popen(c, cwd=ROOT, env={**os.environ, **v}) for c, v in commands]
    try:
        while all(process.poll() is None for process in running):
            time.sleep(0.2)
        return 1
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
