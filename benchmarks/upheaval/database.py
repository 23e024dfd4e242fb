"""PostgreSQL as a process of a run:
`python -m benchmarks.upheaval.database FOLDER PORT READY [FOLDER:PORT]`.

Debian's server keeps its data and its socket in FOLDER; READY says by HTTP whether it takes
connections. What kills this process kills the server with all its children, as a power cut would:
it begins again with what its log had on disk.

With another server named it is one of a pair: the first has the data, the second follows it, and a
commit returns when both have it on disk. One that has no data follows the other as soon as that
answers; it never begins anew beside one that has data.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import sqlalchemy as sa

PROGRAMS = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
_ENOUGH = "max_connections=200"  # two of each role keep some 70 open, and more while one follows
_ALONE = ("listen_addresses=", _ENOUGH)
_IN_A_PAIR = (
    _ENOUGH,
    "listen_addresses=127.0.0.1",
    "synchronous_standby_names=*",
    "synchronous_commit=on",
    "wal_keep_size=512MB",
)
_LOOK_EVERY_S = 0.2
_ASKED_S, _PROMOTED_S = 5, 60


@dataclass(frozen=True)
class Node:
    """A server: its folder and its port."""

    folder: Path
    port: int

    @property
    def data(self) -> Path:
        """Where its data lies."""
        return self.folder / "data"

    @property
    def has_data(self) -> bool:
        """Whether it was ever begun, and its data was not put away."""
        return (self.data / "PG_VERSION").exists()

    @property
    def answers(self) -> bool:
        """Whether it takes connections."""
        where = ("-h", self.folder, "-p", str(self.port))
        asks = [_program("pg_isready"), "-q", "-U", "seva", "-d", "postgres", *where]
        try:
            return subprocess.run(asks, timeout=_ASKED_S).returncode == 0
        except subprocess.TimeoutExpired:
            return False

    def put_away(self) -> None:
        """Its data is lost to it, as with its machine."""
        number = len(list(self.folder.glob("lost-*")))
        self.data.rename(self.folder / f"lost-{number}")

    def promote(self) -> None:
        """It follows no more and takes writes. Raises RuntimeError."""
        if not self._asked(f"SELECT pg_promote(true, {_PROMOTED_S})"):
            raise RuntimeError(f"the server in {self.folder} was not promoted")

    @property
    def follows(self) -> bool:
        """Whether it has its data from another and takes no writes."""
        return bool(self._asked("SELECT pg_is_in_recovery()"))

    @property
    def version(self) -> str:
        """Of PostgreSQL."""
        return str(self._asked("SHOW server_version"))

    def _asked(self, sql: str) -> Any:
        engine = sa.create_engine(url([self]), poolclass=sa.pool.NullPool)
        with engine.connect() as db:
            return db.execute(sa.text(sql)).scalar()


def url(nodes: Sequence[Node]) -> str:
    """Of the database, for `SEVA_DATABASE_URL`; of several servers it is the one that takes
    writes."""
    if len(nodes) == 1:
        return f"postgresql://seva@/postgres?host={nodes[0].folder}&port={nodes[0].port}"
    hosts = ",".join(f"127.0.0.1:{node.port}" for node in nodes)
    return f"postgresql://seva@{hosts}/postgres?target_session_attrs=read-write"


def _program(name: str) -> Path:
    assert PROGRAMS is not None
    return PROGRAMS / name


def _as_nobody(folder: Path) -> list[str]:
    """The server refuses to run as root."""
    if os.geteuid() != 0:
        return []
    shutil.chown(folder, "nobody")
    return ["runuser", "-u", "nobody", "--"]


def _begun(node: Node, other: Node | None, user: Sequence[str]) -> None:
    """It has data afterwards: its own, the other's, or none yet."""
    if node.has_data:
        return
    if other is None or not other.has_data:
        made = [_program("initdb"), "-D", node.data, "-U", "seva", "-A", "trust"]
        subprocess.run([*user, *made], check=True, cwd=node.folder)
        return
    copy = node.folder / "copy"
    while True:
        shutil.rmtree(copy, ignore_errors=True)
        source = ("-h", "127.0.0.1", "-p", str(other.port), "-U", "seva")
        taken = [_program("pg_basebackup"), "-D", copy, "-R", "-X", "stream", "-c", "fast", *source]
        if other.answers and subprocess.run([*user, *taken], cwd=node.folder).returncode == 0:
            copy.rename(node.data)
            return
        time.sleep(_LOOK_EVERY_S)


class _Ready(BaseHTTPRequestHandler):
    node: Node

    def do_GET(self) -> None:
        """200 while the server takes connections."""
        self.send_response(200 if self.node.answers else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nothing: the server has a log."""


def main(arguments: Sequence[str]) -> int:
    """Runs until it is killed."""
    if PROGRAMS is None:
        print("PostgreSQL is not installed; `make system` brings it", file=sys.stderr)
        return 1
    node, ready_port = Node(Path(arguments[0]), int(arguments[1])), int(arguments[2])
    folder, _, port = arguments[3].rpartition(":") if len(arguments) > 3 else ("", "", "0")
    other = Node(Path(folder), int(port)) if folder else None
    user = _as_nobody(node.folder)
    _begun(node, other, user)
    settings = [part for one in (_IN_A_PAIR if other else _ALONE) for part in ("-c", one)]
    options = ["-k", node.folder, "-p", str(node.port), *settings]
    command = [*user, _program("postgres"), "-D", node.data, *options]
    server = subprocess.Popen(command, cwd=node.folder)
    _Ready.node = node
    ready = ThreadingHTTPServer(("127.0.0.1", ready_port), _Ready)
    threading.Thread(target=ready.serve_forever, daemon=True).start()
    with suppress(KeyboardInterrupt):
        return server.wait()  # at once where children of the last one still live; it is begun again
    return server.wait()  # it was interrupted too


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
