"""One moment of all stores: each is kept from writing for some milliseconds, and a look at all is
opened meanwhile. Copies are then made from these looks, while everybody writes on.

So the copies together are what a power cut at that moment would have left, and the processes are
made to survive one: no store has an effect whose cause another one lacks. Copies that are made one
after the other have no such moment, in whatever order they are made.
"""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

from nlu.backup.errors import BackupError
from nlu.backup.places import is_sqlite

_WAIT_S = 60.0
_STEP_S = 0.05
"""How long one store is waited for, while others may be held already."""


@dataclass(frozen=True)
class Kept:
    """A file as it was at the moment: its first `size` bytes. Files are replaced as a whole, or
    they grow."""

    name: str
    path: Path
    size: int
    mode: int


@dataclass(frozen=True)
class Cut:
    """The moment, and the looks."""

    point: datetime
    databases: dict[str, sqlite3.Connection]
    """Connections whose open transaction sees the database as it was."""
    files: tuple[Kept, ...]
    held_ms: float
    """How long writers had to wait."""


@contextmanager
def cut(
    databases: dict[str, Path],
    locks: Sequence[Path],
    links: Path,
    files: Callable[[], Iterator[tuple[str, Path]]],
    also: Callable[[], None],
) -> Iterator[Cut]:
    """Inside, the looks are open and nobody is held up any more.

    `files` that are no databases are linked into the folder `links`, which is on the same file
    system, or copied there. `also` is called at the moment, for what is no file. Raises BackupError
    where a store is busy for a minute.
    """
    linked = _Links(links, files)
    linked.kept()  # most of the work: nobody is held up, and no database is open here yet
    with ExitStack() as looks:
        with _held(list(databases.values()), locks) as since:
            point = datetime.now(timezone.utc)
            readers = {name: looks.enter_context(_look(path)) for name, path in databases.items()}
            also()
            kept = linked.kept()
        yield Cut(point, readers, kept, 1000 * (time.monotonic() - since))


@contextmanager
def _held(databases: Sequence[Path], locks: Sequence[Path]) -> Iterator[float]:
    """Nobody writes to any of them inside; since when, by the monotonic clock. Where one is busy
    all are given back, so that whoever holds it and waits for another can go on."""
    until = time.monotonic() + _WAIT_S
    while True:
        held, since = ExitStack(), time.monotonic()
        with held:
            busy = _take(held, databases, locks)
            if busy is None:
                yield since
                return
        if time.monotonic() > until:
            raise BackupError(f"{busy} is written to without a pause: try again later")
        time.sleep(random.uniform(0.01, 0.1))


def _take(held: ExitStack, databases: Sequence[Path], locks: Sequence[Path]) -> Path | None:
    """The first that is busy; None: all are held."""
    for path in databases:
        db = held.enter_context(_connected(path))
        try:
            db.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise BackupError(f"{path}: {error}") from error
            return path
    for path in locks:
        handle = os.open(path, os.O_RDWR)
        held.callback(os.close, handle)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return path
    return None


@contextmanager
def _connected(path: Path) -> Iterator[sqlite3.Connection]:
    """Closing it rolls back."""
    url = f"file:{quote(str(path))}?mode=rw"
    try:
        db = sqlite3.connect(url, uri=True, timeout=_STEP_S, isolation_level=None)
    except sqlite3.Error as error:
        raise BackupError(f"{path}: {error}") from error
    try:
        yield db
    finally:
        db.close()


@contextmanager
def _look(path: Path) -> Iterator[sqlite3.Connection]:
    """A transaction that sees the database as it is now, however long it stays open."""
    with _connected(path) as db:
        try:
            db.execute("BEGIN")
            db.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
        except sqlite3.Error as error:
            raise BackupError(f"{path}: {error}") from error
        yield db


class _Links:
    """A second name for each file, which keeps what it holds now when the first name goes to
    another."""

    def __init__(self, folder: Path, files: Callable[[], Iterator[tuple[str, Path]]]) -> None:
        self._folder, self._files = folder, files
        self._known: dict[str, tuple[tuple[int, ...], Kept | None]] = {}
        self._copied: set[str] = set()
        self._count = 0

    def kept(self) -> tuple[Kept, ...]:
        """The files as they are now."""
        found = []
        for name, path in self._files():
            try:
                facts = path.stat()
                which, known = self._which(name, facts), self._known.get(name)
                if known is None or known[0] != which:
                    kept = self._link(name, path, facts)
                    known = self._known[name] = self._which(name, facts), kept
            except FileNotFoundError:  # something passing
                continue
            if known[1] is not None:
                found.append(replace(known[1], size=facts.st_size))
        return tuple(found)

    def _which(self, name: str, facts: os.stat_result) -> tuple[int, ...]:
        """Another one where the link no longer has what the file holds. A copy does not grow."""
        grown = (facts.st_size, facts.st_mtime_ns) if name in self._copied else ()
        return facts.st_dev, facts.st_ino, *grown

    def _link(self, name: str, path: Path, facts: os.stat_result) -> Kept | None:
        """None for a database, which is looked at in another way."""
        if is_sqlite(path):
            return None
        self._count += 1
        link = self._folder / str(self._count)
        try:
            os.link(path.resolve(), link)
        except OSError:  # another file system, or one without links
            shutil.copyfile(path, link)
            self._copied.add(name)
        return Kept(name, link, facts.st_size, facts.st_mode & 0o777)
