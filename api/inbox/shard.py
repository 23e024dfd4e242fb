"""One database of several: which lanes it has, what it remembers of that, and whether it answers.

A lane lies in one database for ever: the hash of its name, modulo the number of databases. Each
database keeps its place and that number, so that a changed list is refused and no conversation is
looked for where it is not.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from api.inbox.store import StoredInbox
from nlu.log import describe, get_logger
from nlu.storage.database import Database, DatabaseAway, Tables, Transaction
from nlu.storage.migrations.readiness import are_ready
from nlu.storage.postgres import PostgresDatabase
from nlu.storage.tables import shown

T = TypeVar("T")
log = get_logger(__name__)
_ASK_AGAIN = 1.0  # seconds
TABLES = Tables(
    "shard",
    """
CREATE TABLE IF NOT EXISTS shard (
    one INTEGER PRIMARY KEY,  -- 1: there is one row
    place INTEGER NOT NULL,   -- of this database, from 0
    shards INTEGER NOT NULL   -- how many there are
);
""",
    Path(__file__).parents[1] / "migrations" / "shard",
)
"""Of each of several databases of PostgreSQL. One that is alone has none."""


def place_of(lane: str, shards: int) -> int:
    """Which of so many databases has a lane, from 0. The same in every process and version."""
    digest = hashlib.blake2b(lane.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % shards


def take_place(database: Database, url: str, place: int, shards: int) -> None:
    """Notes that a PostgreSQL database is `place` (from 0) of `shards`; an undivided one notes
    nothing. Raises ValueError where it is another one, has citizens of an undivided Seva, or has
    tables that this Seva cannot work with; DatabaseAway."""

    def note(db: Transaction) -> tuple[int, int]:
        if shards > 1 and not _is_undivided(db):
            ours = "INSERT INTO shard (one, place, shards) VALUES (1, ?, ?) ON CONFLICT DO NOTHING"
            db.execute(ours, (place, shards))
        return _noted(db) or (0, 1)

    if shards > 1 and not database.look(lambda db: _is_ready(db) or _is_undivided(db)):
        PostgresDatabase(url, TABLES).close()
    found = database.change(note)
    if found != (place, shards):
        raise ValueError(
            f"{shown(url)}: it is database {found[0] + 1} of {found[1]}, and SEVA_DATABASE_URL "
            f"names it as {place + 1} of {shards}; name the same databases in the same order as "
            "before"
        )


def _is_ready(db: Transaction) -> bool:
    return are_ready(lambda sql: db.execute(sql).fetchall(), "postgresql", TABLES)


def _is_undivided(db: Transaction) -> bool:
    """Whether it has citizens, and is none of several."""
    return _noted(db) is None and bool(db.execute("SELECT 1 FROM citizens LIMIT 1").fetchone())


def _noted(db: Transaction) -> tuple[int, int] | None:
    ((there,),) = db.execute("SELECT to_regclass('shard')").fetchall()
    row = db.execute("SELECT place, shards FROM shard").fetchone() if there is not None else None
    return (int(row[0]), int(row[1])) if row is not None else None


class Shard:
    """A store of some of the lanes. It may be away while the others go on."""

    def __init__(self, place: int, open_store: Callable[[], StoredInbox]) -> None:
        """Opens the store; one that is away is opened later. Raises ValueError for a database that
        is not what the settings say."""
        self.place, self._open = place, open_store
        self._store: StoredInbox | None = None
        self._asking: asyncio.Task[None] | None = None
        self.trouble: DatabaseAway | None = None
        """Why it does not answer; None while it does."""
        try:
            self._store = open_store()
        except DatabaseAway as error:
            self.trouble = error

    @property
    def store(self) -> StoredInbox:
        """Raises DatabaseAway where it could never be opened."""
        if self._store is None:
            self.look_again()
            raise self.trouble or DatabaseAway("the database was not opened")
        return self._store

    async def ask(self, work: Callable[[StoredInbox], Awaitable[T]]) -> T:
        """What the store answers; notes where it does not. Raises what the store raises."""
        try:
            return await work(self.store)
        except OSError as error:
            self.lost(error)
            raise

    def lost(self, error: OSError) -> None:
        """It does not answer: from now on it is asked in the background, until it does."""
        if self.trouble is None:
            log.error("database_away", place=self.place + 1, error=describe(error))
        self.trouble = error if isinstance(error, DatabaseAway) else DatabaseAway(describe(error))
        self.look_again()

    def look_again(self) -> None:
        """Asks in the background, if nobody does yet, so that nobody waits for it."""
        if self._asking is None or self._asking.done():
            self._asking = asyncio.get_running_loop().create_task(self._come_back())

    async def close(self) -> None:
        """Closes the store."""
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.gather(self._asking, return_exceptions=True)
        if self._store is not None:
            await self._store.close()

    async def _come_back(self) -> None:
        while not await self._answers():
            await asyncio.sleep(_ASK_AGAIN)
        self.trouble = None
        log.warning("database_back", place=self.place + 1)

    async def _answers(self) -> bool:
        if self._store is not None:
            return await self._store.works()
        opening = asyncio.ensure_future(asyncio.to_thread(self._open))
        try:
            self._store = await asyncio.shield(opening)
        except asyncio.CancelledError:
            opening.add_done_callback(_close_late)
            raise
        except DatabaseAway as error:
            self.trouble = error
            return False
        except ValueError as error:  # not what the settings say: for the operator to mend
            log.error("database_refused", place=self.place + 1, error=str(error))
            self.trouble = DatabaseAway(str(error))
            return False
        return True


def _close_late(opening: asyncio.Future[StoredInbox]) -> None:
    """A store that was opened for nobody."""
    if not opening.cancelled() and opening.exception() is None:
        closing = asyncio.get_running_loop().create_task(opening.result().close())
        closing.add_done_callback(lambda task: task.cancelled() or task.exception())
