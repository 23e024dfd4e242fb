"""One PostgreSQL database that is filled: tables, rows and comparison in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg2
import sqlalchemy as sa
from psycopg2.extras import execute_values

from nlu.storage.database import DatabaseAway, Tables
from nlu.storage.migrations.migrator import Migrator, take_turn
from nlu.storage.move.errors import MoveError
from nlu.storage.move.source import Values
from nlu.storage.move.values import Digest
from nlu.storage.tables import open_engine, shown

SLICE = 500
_TABLES = (
    "SELECT tablename FROM pg_tables WHERE schemaname = ANY (current_schemas(false)) ORDER BY 1"
)
_COLUMNS = (
    "SELECT column_name, data_type FROM information_schema.columns "
    "WHERE table_schema = current_schema() AND table_name = %s"
)
_PATIENT = (
    "SET LOCAL statement_timeout = 0",
    "SET LOCAL idle_in_transaction_session_timeout = 0",
)
"""A large table takes long, and one of several databases waits for the others meanwhile."""
_FEW = 4


class Target:
    """Until `commit` nobody else sees anything of it, and whoever dies leaves nothing. Processes
    that start meanwhile wait, for they want to make their tables."""

    def __init__(self, url: str, db: sa.engine.Connection) -> None:
        self.url, self._db = url, db
        for one in _PATIENT:
            db.exec_driver_sql(one)
        take_turn(db)
        self._tables = [str(name) for (name,) in db.exec_driver_sql(_TABLES)]
        self.was_empty = not self._tables

    @property
    def where(self) -> str:
        """The URL without its password."""
        return shown(self.url)

    def there(self) -> str:
        """What is in it, for a message: tables that have rows first."""
        full = [
            name
            for name in self._tables
            if self._db.exec_driver_sql(f'SELECT 1 FROM "{name}" LIMIT 1').first()
        ]
        named = [name for name in full if not name.startswith("alembic_version")]
        if not named:
            return f"{len(self._tables)} tables without a row"
        more = len(named) - _FEW
        return f"rows in {', '.join(named[:_FEW])}" + (f" and {more} more" * (more > 0))

    def has(self, table: str) -> bool:
        """Whether a table is there."""
        return table in self._tables

    def count(self, table: str) -> int:
        """How many rows a table has."""
        (found,) = self._db.exec_driver_sql(f"SELECT COUNT(*) FROM {table}").one()
        return int(found)

    def make(self, tables: Tables) -> None:
        """Makes the tables of a store."""
        Migrator(self._db, tables).make()

    def kinds(self, table: str) -> dict[str, str]:
        """The type of each column of a table."""
        return {name: kind for name, kind in self._db.exec_driver_sql(_COLUMNS, (table,))}

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Values]) -> None:
        """Some rows. Raises psycopg2.Error."""
        with self._db.connection.cursor() as cursor:
            into = f"INSERT INTO {table} ({', '.join(columns)}) VALUES %s"
            execute_values(cursor, into, rows, page_size=len(rows))

    def rows(self, table: str, columns: Sequence[str]) -> Iterator[Values]:
        """All rows as they lie there now, some at a time."""
        with self._db.connection.cursor(name="seva_move") as cursor:
            cursor.itersize = SLICE
            cursor.execute(f"SELECT {', '.join(columns)} FROM {table}")
            for row in cursor:
                yield tuple(bytes(v) if isinstance(v, memoryview) else v for v in row)

    def digest(
        self, table: str, columns: Sequence[str], but: Collection[str], advance: Any
    ) -> Digest:
        """Of all rows as they lie there now."""
        found = Digest(columns, but)
        for row in self.rows(table, columns):
            found.add(row)
            advance(1)
        return found

    def number_from(self, table: str, last: int) -> None:
        """The next row that is numbered by the database gets a higher number than `last`, and than
        any that is there."""
        for column, kind in self.kinds(table).items():
            if kind not in ("integer", "bigint"):
                continue
            (sequence,) = self._db.exec_driver_sql(
                "SELECT pg_get_serial_sequence(%s, %s)", (table, column)
            ).one()
            if sequence is not None:
                highest = f"SELECT GREATEST(COALESCE(MAX({column}), 0), %s) FROM {table}"
                (number,) = self._db.exec_driver_sql(highest, (last,)).one()
                if number:
                    self._db.exec_driver_sql("SELECT setval(%s, %s)", (sequence, number))

    def commit(self) -> None:
        """Now it counts. Raises psycopg2.Error, SQLAlchemyError."""
        self._db.commit()


@contextmanager
def opened(url: str) -> Iterator[Target]:
    """Connected, with nobody else who makes tables; undone at the end unless it was committed.
    Raises DatabaseAway, MoveError for what the database refuses."""
    engine = open_engine(url, pool_size=1, max_overflow=0)
    try:
        with _connected(engine, url) as db:
            try:
                yield Target(url, db)
            except (psycopg2.Error, sa.exc.SQLAlchemyError) as error:
                raise MoveError(
                    f"{shown(url)} refused: {_told(error)}. Nothing was moved"
                ) from error
    finally:
        engine.dispose()


@contextmanager
def _connected(engine: sa.engine.Engine, url: str) -> Iterator[sa.engine.Connection]:
    try:
        db = engine.connect()
    except sa.exc.SQLAlchemyError as error:
        raise DatabaseAway(
            f"{shown(url)}: PostgreSQL does not answer ({type(error).__name__}); see "
            "SEVA_DATABASE_URL"
        ) from error
    try:
        yield db
    finally:
        db.close()


def _told(error: Exception) -> str:
    """What kind of error, and where, without anything that a row says."""
    cause = getattr(error, "orig", None) or error
    facts = getattr(cause, "diag", None)
    named = [getattr(facts, name, None) for name in ("table_name", "constraint_name")]
    return " ".join([type(cause).__name__, *(one for one in named if one)])
