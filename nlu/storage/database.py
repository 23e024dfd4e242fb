"""What a store asks of its database, SQLite or PostgreSQL: durable changes, and reads.

SQL is written once for both. `?` stands for a value, `ON CONFLICT` for what is there already, and
what the two say in different words has a name here. Each change is for one lane, which it locks
first: SQLite has one writer at a time anyway, and PostgreSQL then has one for each lane.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    import sqlalchemy as sa

T = TypeVar("T")
Row = Any
"""A row is read by name or by place; both drivers have a class of their own for it."""


class DatabaseAway(ConnectionError):
    """The database does not answer, or was lost in the middle: it may be asked again."""


class Found(Protocol):
    """What a statement found, or how many rows it changed."""

    @property
    def rowcount(self) -> int:
        """Rows changed."""

    def fetchone(self) -> Row | None:
        """The next row."""

    def fetchall(self) -> list[Row]:
        """The rows that are left."""


class Statements(Protocol):
    """What runs statements; a connection of `sqlite3` does."""

    def execute(self, sql: str, values: Sequence[Any] = ..., /) -> Found:
        """One statement."""


class Transaction(Statements, Protocol):
    """The transaction that a change or a read runs in."""

    @property
    def for_update(self) -> str:
        """SQL behind a SELECT: the rows found are ours until the end of the transaction."""

    @property
    def skip_locked(self) -> str:
        """The same, without waiting: rows that others have are not found."""

    def now(self) -> float:
        """Seconds since 1970 by the clock of the database, which all machines share."""


Work = Callable[[Transaction], T]


def marks(count: int) -> str:
    """So many `?` with commas between, for a list of values."""
    return ", ".join("?" * count)


class Database(Protocol):
    """Where tables lie. `change` and `look` block; `run` and `read` are the same for an event loop.

    All raise `DatabaseAway` or `sqlite3.Error`.
    """

    def change(self, work: Work[T]) -> T:
        """The result of a change once it is durable. An error undoes it. It may run again where
        another transaction was in its way, so it does nothing but SQL."""

    async def run(self, work: Work[T]) -> T:
        """`change`, which may share its commit with others."""

    def look(self, query: Work[T]) -> T:
        """What a query finds; it changes nothing."""

    async def read(self, query: Work[T]) -> T:
        """`look`."""

    def now(self) -> float:
        """About the time of `Transaction.now`, without asking the database."""

    async def tend(self) -> None:
        """Small upkeep, every few seconds."""

    def close(self) -> None:
        """Finishes what was begun."""


@dataclass(frozen=True)
class Tables:
    """Tables of a store, as this Seva knows them."""

    name: str
    head: str | sa.MetaData
    """Makes them all in an empty database: SQL in the words of `nlu.storage.migrations.step`, or
    tables of SQLAlchemy."""
    folder: Path | None = None
    """Of the steps that lead there from older tables; None: there are no older ones."""

    @property
    def versions(self) -> str:
        """The table in which Alembic remembers the steps that were run."""
        return f"alembic_version_{self.name}"

    @property
    def names(self) -> list[str]:
        """Of the tables."""
        if isinstance(self.head, str):
            return re.findall(r"CREATE TABLE IF NOT EXISTS ([a-z_]+)", self.head)
        return list(self.head.tables)
