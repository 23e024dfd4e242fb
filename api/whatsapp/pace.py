"""How fast the number may write, by all workers together.

WhatsApp grants a number so many messages a second. Workers that share a database take permits of
the current second from a row there, as many as they sent in the second before: while each needs
less than half of what is left, that is a transaction a second for each that sends. A worker that is
killed takes the permits that it did not use with it, until the second is over.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections import deque
from collections.abc import Awaitable, Callable

from aiolimiter import AsyncLimiter

from api.key_usage import FILE, TABLES, SharedUsage
from nlu.log import describe, get_logger
from nlu.settings.settings import WorkerSettings
from nlu.storage.database import Database, DatabaseAway
from nlu.storage.postgres import PostgresDatabase
from nlu.storage.sqlite import SqliteDatabase
from nlu.storage.windows import Limit

log = get_logger(__name__)
_SECOND = 1.0
_PATIENCE = 2.0
"""Seconds in which the database must answer; then the worker keeps the pace by itself."""
_ASK_AGAIN = 5.0
_LEAST = 0.01
"""Shortest wait for the next second: clocks of the machine and the database differ a little."""


class Pace:
    """At most so many messages a second: of this process alone, or of all that share a database."""

    def __init__(
        self,
        rate: float,
        open_usage: Callable[[], SharedUsage] | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """`rate`: messages a second. `open_usage` opens the shared count; it is tried again later
        where the database does not answer. Raises ValueError for tables that this Seva cannot work
        with."""
        self._sleep = sleep
        self._limit = Limit(int(rate), _SECOND) if rate >= 1 else Limit(1, _SECOND / rate)
        self._own = AsyncLimiter(rate, _SECOND)
        self._open, self._opening = open_usage, asyncio.Lock()
        self._usage: SharedUsage | None = None
        self._waiting, self._again = 0, 0.0
        self._sent: deque[float] = deque(maxlen=self._limit.most)
        if open_usage is not None:
            try:
                self._usage = open_usage()
            except (DatabaseAway, sqlite3.Error) as error:
                self._alone(error)

    @classmethod
    def of(cls, settings: WorkerSettings) -> Pace:
        """That of all workers on the database of the settings, the first of several. Raises
        ValueError."""
        url = settings.database_urls[0]

        def opened() -> SharedUsage:
            database: Database
            if url.startswith("postgresql"):
                database = PostgresDatabase(url, TABLES)
            else:
                database = SqliteDatabase(settings.var_dir / FILE, TABLES, clock=time.time)
            return SharedUsage(database)

        return cls(settings.whatsapp_messages_per_second, opened)

    async def wait(self, number: str) -> None:
        """Returns when a message of that number may be sent."""
        await self._own.acquire()
        self._waiting += 1
        try:
            while (wait := await self._full(f"whatsapp {number}")) is not None:
                await self._sleep(max(_LEAST, wait))
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """Gives back the permits that are left."""
        if self._usage is not None:
            await asyncio.to_thread(self._usage.close)

    async def _full(self, name: str) -> float | None:
        """For how long no place is left; None where the message is counted, and where nobody can
        count."""
        if self._open is None or time.monotonic() < self._again:
            return None
        try:
            async with self._opening:
                if self._usage is None:
                    opened = await asyncio.to_thread(self._open)
                    self._usage = opened
                usage = self._usage
            since = usage.now() - self._limit.seconds
            expected = max(self._waiting, sum(one >= since for one in self._sent))
            spending = usage.spend(name, [self._limit], 1, expected)
            full = await asyncio.wait_for(spending, _PATIENCE)
        except (DatabaseAway, ValueError, sqlite3.Error, asyncio.TimeoutError) as error:
            self._alone(error)
            return None
        if full is not None:
            return full.left(usage.now())
        self._sent.append(usage.now())
        return None

    def _alone(self, error: Exception) -> None:
        """For some seconds only this process's own messages are counted."""
        self._again = time.monotonic() + _ASK_AGAIN
        log.warning("whatsapp_pace_not_shared", error=describe(error))
