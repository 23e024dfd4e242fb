"""Many writers, one fsync: changes that arrive together share a transaction.

Measured on two cores: one commit per insert gives about 360 inserts a second, groups of fifty
about 13,900 (`shared/facts/whatsapp-and-platform.md`, section 2).
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from nlu.storage.write_ahead import connect

T = TypeVar("T")
Change = Callable[[sqlite3.Connection], T]
_MOST = 256


class _Job(NamedTuple):
    change: Change[Any]
    future: Future[Any]


def checkpoint(path: Path) -> None:
    """Moves the write-ahead log into the file and empties it; whoever reads or writes meanwhile
    goes first, then the next time does it."""
    with closing(sqlite3.connect(path, timeout=0.2)) as connection, suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


class GroupCommit:
    """A thread that applies changes in groups; each change is a savepoint of its own."""

    def __init__(self, path: Path, window_s: float = 0.002) -> None:
        self._path, self._window = path, window_s
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name="inbox-writer", daemon=True)
        self._thread.start()

    async def run(self, change: Change[T]) -> T:
        """The change's result once it is durable, or the error that undid it."""
        if self._closed:
            raise RuntimeError("the inbox is closed")
        future: Future[T] = Future()
        self._jobs.put(_Job(change, future))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Applies what waits, then ends."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
            self._thread.join()

    def _work(self) -> None:
        connection: sqlite3.Connection | None = None
        while (first := self._jobs.get()) is not None:
            batch, last = self._collect(first)
            batch = [job for job in batch if job.future.set_running_or_notify_cancel()]
            try:
                connection = connection or connect(self._path)
                outcomes = _apply(connection, batch)
            except Exception as error:  # every writer must hear of it, whatever it is
                outcomes = [(None, error)] * len(batch)
                _drop(connection)
                connection = None
            for job, (value, trouble) in zip(batch, outcomes, strict=True):
                if trouble is None:
                    job.future.set_result(value)
                else:
                    job.future.set_exception(trouble)
            if last:
                break
        _drop(connection)

    def _collect(self, first: _Job) -> tuple[list[_Job], bool]:
        """Jobs that arrive within the window, and whether the end was asked for.

        Never `get(timeout=...)`: in Python 3.10 SimpleQueue can wait for ever once its remaining
        time is below zero.
        """
        batch = [first]
        if self._window:
            time.sleep(self._window)
        while len(batch) < _MOST:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                break
            if job is None:
                return batch, True
            batch.append(job)
        return batch, False


def _apply(connection: sqlite3.Connection, batch: list[_Job]) -> list[tuple[Any, Exception | None]]:
    outcomes: list[tuple[Any, Exception | None]] = []
    connection.execute("BEGIN IMMEDIATE")
    for job in batch:
        connection.execute("SAVEPOINT job")
        try:
            outcomes.append((job.change(connection), None))
        except Exception as error:  # belongs to this job alone
            connection.execute("ROLLBACK TO job")
            outcomes.append((None, error))
        connection.execute("RELEASE job")
    connection.execute("COMMIT")
    return outcomes


def _drop(connection: sqlite3.Connection | None) -> None:
    """Closes a connection in whatever state; an open transaction is rolled back by that."""
    if connection is not None:
        connection.close()
