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
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import quote

from nlu.backup.errors import BackupError

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


@contextmanager
def cut(
    databases: dict[str, Path],
    locks: Sequence[Path],
    links: Path,
    files: Callable[[], Iterator[tuple[str, Path]]],
    also: Callable[[], None],
) -> Iterator[Cut]:
    """Inside, the looks are open and nobody is held up any more.

    `files` are linked into the folder `links`, which is on the same file system, or copied there;
    `also` is called at the moment, for what is no file. Raises BackupError where a store is busy
    for a minute.
    """
    with ExitStack() as looks:
        with _held(list(databases.values()), locks):
            point = datetime.now(timezone.utc)
            readers = {name: looks.enter_context(_look(path)) for name, path in databases.items()}
            also()
            kept = tuple(_keep(links, files()))
        yield Cut(point, readers, kept)


@contextmanager
def _held(databases: Sequence[Path], locks: Sequence[Path]) -> Iterator[None]:
    """Nobody writes to any of them inside. Where one is busy all are given back, so that whoever
    holds it and waits for another can go on."""
    until = time.monotonic() + _WAIT_S
    while True:
        held = ExitStack()
        with held:
            busy = _take(held, databases, locks)
            if busy is None:
                yield
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


def _keep(links: Path, files: Iterator[tuple[str, Path]]) -> Iterator[Kept]:
    for number, (name, path) in enumerate(files):
        link = links / str(number)
        try:
            facts = path.stat()
            try:
                os.link(path.resolve(), link)
            except OSError:  # another file system, or one without links
                shutil.copyfile(path, link)
        except FileNotFoundError:  # something passing
            continue
        yield Kept(name, link, facts.st_size, facts.st_mode & 0o777)
