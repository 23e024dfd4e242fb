"""Files are ours alone while they are moved: a process that has one open is found and named.

SQLite keeps a lock on a file in write-ahead mode as long as anybody has it open, also when nobody
reads or writes. Who asks for the file alone therefore sees every process that still runs
(https://sqlite.org/wal.html#use_of_wal_without_shared_memory).
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

from nlu.storage.move.errors import MoveError
from nlu.storage.read_only import read_only

_WAIT_S = 1.0
_MOST = 3


@contextmanager
def alone(files: Iterable[Path]) -> Iterator[dict[Path, sqlite3.Connection]]:
    """Connections to files that nobody else can open meanwhile. All that was written is in the file
    itself, so that it may be renamed. Raises MoveError where a process has one open."""
    with ExitStack() as stack:
        yield {file: stack.enter_context(_alone(file)) for file in files}


@contextmanager
def looked_at(files: Iterable[Path]) -> Iterator[dict[Path, sqlite3.Connection]]:
    """Connections that only read, beside whoever writes."""
    with ExitStack() as stack:
        found = {}
        for file in files:
            db = stack.enter_context(read_only(file))
            db.row_factory, db.text_factory = None, _text
            found[file] = db
        yield found


@contextmanager
def _alone(file: Path) -> Iterator[sqlite3.Connection]:
    url = f"file:{quote(str(file.absolute()))}?mode=rw"
    with closing(sqlite3.connect(url, timeout=_WAIT_S, uri=True, isolation_level=None)) as db:
        db.text_factory = _text
        try:
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            db.execute("BEGIN IMMEDIATE")
            db.execute("COMMIT")
            ((busy, *_),) = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
            if busy:
                raise MoveError(f"{file}: its write-ahead log cannot be emptied; try again")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            who = ", ".join(holders(file)) or "a process that this user cannot see"
            raise MoveError(
                f"{file} is open in {who}: stop all processes of this deployment, and leave them "
                "stopped until all is moved"
            ) from None
        yield db


def holders(file: Path, proc: Path = Path("/proc")) -> list[str]:
    """Processes that have a file open, as an operator knows them; a few."""
    wanted, found = str(file.resolve()), []
    for folder in sorted(proc.glob("[0-9]*"), key=lambda one: int(one.name)):
        if int(folder.name) == os.getpid():
            continue
        with suppress(OSError):  # it ended meanwhile, or is another user's
            if any(os.readlink(one) == wanted for one in (folder / "fd").iterdir()):
                words = (folder / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
                role = " ".join(word.rsplit("/", 1)[-1] for word in words[:4]).strip()
                found.append(f"process {folder.name} ({role[:60]})")
    return found[:_MOST]


def _text(raw: bytes) -> str:
    """Bytes that are no UTF-8 come as halves of surrogate pairs; `values.py` knows them by that."""
    return raw.decode("utf-8", "surrogateescape")
