"""A SQLite file as a `Database`: WAL, fsync before return, commits shared by many changes."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.storage.clock import FileClock
from nlu.storage.database import T, Tables, Work
from nlu.storage.group_commit import GroupCommit
from nlu.storage.tables import make_ready
from nlu.storage.write_ahead import connect

Clock = Callable[[], float]


@dataclass(frozen=True)
class SqliteTransaction:
    """`Transaction` of `nlu.storage.database`. A file has one writer at a time: nothing to lock."""

    connection: sqlite3.Connection
    now: Clock
    for_update = skip_locked = ""

    def execute(self, sql: str, values: Sequence[Any] = ()) -> sqlite3.Cursor:
        """One statement."""
        return self.connection.execute(sql, values)


class SqliteDatabase:
    """`Database` of `nlu.storage.database`.

    Reads run in the caller's thread: each is one look-up by key in a WAL snapshot.
    """

    def __init__(
        self, path: Path, tables: Tables, *, window_s: float = 0.002, clock: Clock | None = None
    ) -> None:
        """Makes tables, or brings them up. Without a `clock` the file's own. Raises ValueError for
        tables that this Seva cannot work with."""
        self.path = path
        self._reader = connect(path)
        try:
            make_ready(self._reader, tables)
        except BaseException:
            self._reader.close()
            raise
        self._clock = clock or FileClock(self._reader)
        self._writer: sqlite3.Connection | None = None
        self._commit: GroupCommit[Work[Any], Any] = GroupCommit(self._apply, window_s)

    def change(self, work: Work[T]) -> T:
        """See `Database`."""
        found: T = self._commit.submit(work).result()
        return found

    async def run(self, work: Work[T]) -> T:
        """See `Database`."""
        found: T = await asyncio.wrap_future(self._commit.submit(work))
        return found

    def look(self, query: Work[T]) -> T:
        """See `Database`."""
        return query(SqliteTransaction(self._reader, self._clock))

    async def read(self, query: Work[T]) -> T:
        """See `Database`."""
        return self.look(query)

    def now(self) -> float:
        """The file's clock."""
        return self._clock()

    async def tend(self) -> None:
        """Remembers how late it is, and empties the log: what was deleted leaves the disk too."""
        now = self._clock()
        await self.run(lambda db: db.execute("UPDATE clock SET seen = ?", (now,)).rowcount)
        await asyncio.to_thread(checkpoint, self.path)

    def close(self) -> None:
        """Applies what waits, then closes the file."""
        self._commit.close()
        self._drop()
        self._reader.close()

    def _apply(self, changes: list[Work[Any]]) -> list[Any]:
        """Many changes in one commit; each is a savepoint of its own."""
        try:
            self._writer = self._writer or connect(self.path)
            return _in_savepoints(SqliteTransaction(self._writer, self._clock), changes)
        except Exception:
            self._drop()  # an open transaction is rolled back by that
            raise

    def _drop(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._writer = None


def checkpoint(path: Path) -> None:
    """Moves the write-ahead log into the file and empties it; whoever reads or writes meanwhile
    goes first, then the next time does it."""
    with closing(sqlite3.connect(path, timeout=0.2)) as connection, suppress(sqlite3.Error):
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _in_savepoints(db: SqliteTransaction, changes: list[Work[Any]]) -> list[Any]:
    outcomes: list[Any] = []
    db.execute("BEGIN IMMEDIATE")
    for change in changes:
        db.execute("SAVEPOINT job")
        try:
            outcomes.append(change(db))
        except Exception as error:  # belongs to this change alone
            db.execute("ROLLBACK TO job")
            outcomes.append(error)
        db.execute("RELEASE job")
    db.execute("COMMIT")
    return outcomes
