"""PostgreSQL as a process of a run: `python -m benchmarks.upheaval.database FOLDER PORT`.

Debian's server keeps its data and its socket in FOLDER; PORT says by HTTP whether it takes
connections. What kills this process kills the server with all its children, as a power cut would:
it begins again with what its log had on disk.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PROGRAMS = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


def url(folder: Path) -> str:
    """Of the database, for `SEVA_DATABASE_URL`."""
    return f"postgresql://seva@/postgres?host={folder}"


def _as_nobody(folder: Path) -> list[str]:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "nobody")
    return ["runuser", "-u", "nobody", "--"]


class _Ready(BaseHTTPRequestHandler):
    folder = ""

    def do_GET(self) -> None:
        """200 while the server takes connections."""
        assert PROGRAMS is not None
        asked = subprocess.run(
            [PROGRAMS / "pg_isready", "-q", "-U", "seva", "-h", self.folder], timeout=2
        )
        self.send_response(200 if asked.returncode == 0 else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the server has a log."""


def main(arguments: Sequence[str]) -> int:
    """Runs until it is killed."""
    if PROGRAMS is None:
        print("PostgreSQL is not installed; `make system` brings it", file=sys.stderr)
        return 1
    folder, port = Path(arguments[0]), int(arguments[1])
    data, user = folder / "data", _as_nobody(folder)
    if not (data / "PG_VERSION").exists():
        made = [*user, PROGRAMS / "initdb", "-D", data, "-U", "seva", "-A", "trust"]
        subprocess.run(made, check=True, cwd=folder)
    options = ["-k", folder, "-c", "listen_addresses="]
    server = subprocess.Popen([*user, PROGRAMS / "postgres", "-D", data, *options], cwd=folder)
    _Ready.folder = str(folder)
    ready = ThreadingHTTPServer(("127.0.0.1", port), _Ready)
    threading.Thread(target=ready.serve_forever, daemon=True).start()
    with suppress(KeyboardInterrupt):
        return server.wait()  # at once where children of the last one still live; it is begun again
    return server.wait()  # it was interrupted too


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
