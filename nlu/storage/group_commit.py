"""Group commit: jobs that come while a write runs share the next write, and its fsync.

Measured on two cores: one commit for each insert into SQLite gives about 360 inserts a second,
groups of fifty about 13,900 (`shared/facts/whatsapp-and-platform.md`, section 2).
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Generic, TypeVar

from nlu.storage.write_ahead import connect

J = TypeVar("J")
R = TypeVar("R")
T = TypeVar("T")
Change = Callable[[sqlite3.Connection], T]
_MOST = 256
"""Jobs of one write."""


class GroupCommit(Generic[J, R]):
    """Writes in a thread, one write at a time. The thread ends when no job waits."""

    def __init__(
        self, write: Callable[[list[J]], Sequence[R | Exception]], window_s: float
    ) -> None:
        """`write` makes jobs durable; it gives the result or the error of each, and what it raises
        is the error of all. A write after one that several jobs shared waits `window_s` seconds,
        so that those who wrote can come back; a lone job never waits."""
        self._write, self._window = write, window_s
        self._lock = threading.Lock()
        self._waiting: list[tuple[J, Future[R]]] = []
        self._thread: threading.Thread | None = None
        self._company = self._closed = False

    def submit(self, job: J) -> Future[R]:
        """What came of the job, once it is durable. Raises RuntimeError after `close`."""
        future: Future[R] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("what writes here is closed")
            self._waiting.append((job, future))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="commit", daemon=True)
                self._thread.start()
        return future

    def close(self) -> None:
        """Writes what waits, then takes no more."""
        with self._lock:
            self._closed, thread = True, self._thread
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        while True:
            if self._company and self._window:
                time.sleep(self._window)
            with self._lock:
                taken, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                if not taken:
                    self._thread = None
                    return
            self._company = len(taken) > 1
            self._settle([pair for pair in taken if pair[1].set_running_or_notify_cancel()])

    def _settle(self, taken: list[tuple[J, Future[R]]]) -> None:
        if not taken:
            return
        try:
            outcomes = self._write([job for job, _ in taken])
        except Exception as error:  # every writer must hear of it, whatever it is
            outcomes = [error] * len(taken)
        for (_, future), outcome in zip(taken, outcomes, strict=True):
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)


class SqliteWriter:
    """Applies changes to a SQLite file in groups; each change is a savepoint of its own."""

    def __init__(self, path: Path, window_s: float = 0.002) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._commit: GroupCommit[Change[Any], Any] = GroupCommit(self._apply, window_s)

    async def run(self, change: Change[T]) -> T:
        """The change's result once it is durable, or the error that undid it."""
        found: T = await asyncio.wrap_future(self._commit.submit(change))
        return found

    def close(self) -> None:
        """Applies what waits, then closes the file."""
        self._commit.close()
        self._drop()

    def _apply(self, changes: list[Change[Any]]) -> list[Any]:
        try:
            self._connection = self._connection or connect(self._path)
            return _in_savepoints(self._connection, changes)
        except Exception:
            self._drop()  # an open transaction is rolled back by that
            raise

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def checkpoint(path: Path) -> None:
    """Moves the write-ahead log into the file and empties it; whoever reads or writes meanwhile
    goes first, then the next time does it."""
    with closing(sqlite3.connect(path, timeout=0.2)) as connection, suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _in_savepoints(connection: sqlite3.Connection, changes: list[Change[Any]]) -> list[Any]:
    outcomes: list[Any] = []
    connection.execute("BEGIN IMMEDIATE")
    for change in changes:
        connection.execute("SAVEPOINT job")
        try:
            outcomes.append(change(connection))
        except Exception as error:  # belongs to this change alone
            connection.execute("ROLLBACK TO job")
            outcomes.append(error)
        connection.execute("RELEASE job")
    connection.execute("COMMIT")
    return outcomes
