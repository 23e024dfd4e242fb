"""What a store asks of its database, SQLite or PostgreSQL: durable changes, and reads.

SQL is written once for both. `?` stands for a value, `ON CONFLICT` for what is there already, and
what the two say in different words has a name here. Each change is for one lane, which it locks
first: SQLite has one writer at a time anyway, and PostgreSQL then has one for each lane.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from string import Template
from typing import Any, Protocol, TypeVar

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
    """Tables of a store. `sql` makes those that are missing: `$number` is a column that numbers
    rows, `$by_key` is for tables that are only found by their key. A database with another
    `version` is not opened."""

    name: str
    version: int
    sql: str

    def statements(self, number: str, by_key: str) -> str:
        """The SQL of one engine."""
        return Template(self.sql).substitute(number=number, by_key=by_key)

    def refuse(self, where: str, version: int) -> None:
        """Raises ValueError where the tables are of a version that this Seva does not know."""
        if version not in (0, self.version):
            raise ValueError(
                f"{where}: its tables are of version {version}, this Seva knows {self.version}; "
                "run the Seva that wrote it, or give another SEVA_DATABASE_URL"
            )
