"""A PostgreSQL database as a `Database`: each change is a transaction on a connection of a pool.

Nothing lives longer than a transaction (no prepared statement, no session lock, no setting), so
PgBouncer may lend connections by transaction. The server groups commits that come together itself.

A connection is not asked whether it is still there before it is used, which would be one more
journey for each transaction. One that turns out to be lost before its commit did nothing, and the
work is done again on another.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from psycopg2 import Error
from psycopg2.errors import DataError, NotSupportedError, ProgrammingError
from psycopg2.extras import DictCursor

from nlu.storage.database import DatabaseAway, Found, T, Tables, Work
from nlu.storage.migrations.readiness import open_schema, place_of
from nlu.storage.tables import NO_WRITES, open_engine

_CONNECTIONS = 8
# Serialization failure, deadlock, a server that takes no writes: PostgreSQL, appendix A. Nothing
# was done.
_AGAIN = {"40001", "40P01", NO_WRITES}
_TRIES = 5
Clock = Callable[[], float]


class PostgresTransaction:
    """`Transaction` of `nlu.storage.database`."""

    for_update = "FOR UPDATE"
    skip_locked = "FOR UPDATE SKIP LOCKED"

    def __init__(self, connection: Any, clock: Clock | None = None) -> None:
        self._connection, self._clock = connection, clock
        self._now: float | None = None

    def execute(self, sql: str, values: Sequence[Any] = ()) -> Found:
        """One statement."""
        cursor = self._connection.cursor(cursor_factory=DictCursor)
        if values:
            cursor.execute(_with_driver_marks(sql), tuple(values))
        else:
            cursor.execute(sql)
        return cursor

    def now(self) -> float:
        """Asked once in a transaction."""
        if self._clock is not None:
            return self._clock()
        if self._now is None:
            found = self.execute("SELECT EXTRACT(EPOCH FROM clock_timestamp())::float8").fetchone()
            self._now = float(found[0]) if found else 0.0
        return self._now


class PostgresDatabase:
    """`Database` of `nlu.storage.database`."""

    def __init__(self, url: str, tables: Tables, *, clock: Clock | None = None) -> None:
        """Makes tables in a database that has none. A `clock` in place of the database's is for
        tests. Raises ValueError for tables that this Seva cannot work with, DatabaseAway."""
        self._engine = open_engine(url, pool_size=_CONNECTIONS, max_overflow=0, pool_pre_ping=False)
        self._threads = ThreadPoolExecutor(_CONNECTIONS, "postgres")
        self._clock, where = clock, place_of(self._engine)
        try:
            open_schema(self._engine, tables)
            self._ahead = self.look(lambda db: db.now()) - time.monotonic()
        except ValueError:
            self.close()
            raise
        except (DatabaseAway, sa.exc.SQLAlchemyError) as error:
            self.close()
            away = error if isinstance(error, DatabaseAway) else _away(error)
            raise DatabaseAway(f"{where}: {away}; see SEVA_DATABASE_URL") from error

    def change(self, work: Work[T]) -> T:
        """See `Database`."""
        return self._within(work, commit=True)

    async def run(self, work: Work[T]) -> T:
        """See `Database`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self.change, work)

    def look(self, query: Work[T]) -> T:
        """See `Database`."""
        return self._within(query, commit=False)

    async def read(self, query: Work[T]) -> T:
        """See `Database`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self.look, query)

    def now(self) -> float:
        """The machine's clock, put right by what the database said last."""
        return self._clock() if self._clock is not None else time.monotonic() + self._ahead

    async def tend(self) -> None:
        """Looks at the database's clock; the rest is the server's."""
        now = await self.read(lambda db: db.now())
        self._ahead = now - time.monotonic()

    def close(self) -> None:
        """Waits for changes under way, then closes the connections."""
        self._threads.shutdown(wait=True)
        self._engine.dispose()

    def _within(self, work: Work[T], *, commit: bool) -> T:
        """What only reads needs no transaction: each statement sees what is committed, as it would
        in one."""
        for left in range(_TRIES - 1, -1, -1):
            with self._lent() as lent:
                done = False
                try:
                    lent.dbapi_connection.autocommit = not commit
                    found = work(PostgresTransaction(lent, self._clock))
                    done = commit
                    lent.commit()
                    return found
                except (DataError, NotSupportedError, ProgrammingError):  # the value is at fault
                    raise
                except Error as error:
                    if left and self._did_nothing(lent, error, done):
                        continue
                    raise _away(error) from error
        raise AssertionError("the last try returns or raises")

    def _did_nothing(self, lent: Any, error: Error, done: bool) -> bool:
        """Whether the work may be done again. A connection that was lost in the commit, `done`, may
        have done it. A server that is gone, or that takes no writes, has left more connections like
        this one behind: none is kept."""
        lost = bool(lent.closed)
        if lost or error.pgcode == NO_WRITES:
            lent.invalidate()
            self._engine.dispose()
        return error.pgcode in _AGAIN or (lost and not done)

    @contextmanager
    def _lent(self) -> Iterator[Any]:
        """A connection of the pool; what was begun on it and not committed is undone."""
        try:
            lent = self._engine.raw_connection()
        except (Error, sa.exc.SQLAlchemyError) as error:
            raise _away(error) from error
        try:
            yield lent
        finally:
            lent.close()


@contextmanager
def reader(url: str) -> Iterator[PostgresTransaction]:
    """A transaction that only reads, and makes no table. Raises DatabaseAway."""
    engine = open_engine(url, pool_size=1, max_overflow=0)
    try:
        lent = engine.raw_connection()
        try:
            found = PostgresTransaction(lent)
            found.execute("SET TRANSACTION READ ONLY")
            yield found
        finally:
            lent.close()
    except (Error, sa.exc.SQLAlchemyError) as error:
        raise _away(error) from error
    finally:
        engine.dispose()


def _away(error: Exception) -> DatabaseAway:
    return DatabaseAway(f"PostgreSQL does not answer ({type(error).__name__})")


@lru_cache(maxsize=512)
def _with_driver_marks(sql: str) -> str:
    """psycopg2 marks values with `%s`, and takes `%%` for a percent sign."""
    return sql.replace("%", "%%").replace("?", "%s")
