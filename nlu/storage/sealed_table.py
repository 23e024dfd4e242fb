"""Tables whose rows hold sealed values: read so that a row that cannot be read hides no other, and
sealed again when keys change.

Such a row is marked in its column `unreadable_at`, counted and told once, and passed over until it
can be read again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import sqlalchemy as sa

from nlu.storage.sealing import Unreadable, reseal
from nlu.storage.unreadable import alarm

T = TypeVar("T")
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Slice:
    """Some rows of a store, looked at."""

    rows: int = 0
    older: int = 0
    """Sealed by an older key; the newest sealed them again where that was asked for."""
    unreadable: int = 0
    last: str | None = None
    """The next slice begins after it; None: there are no more rows."""


class SealedStore(Protocol):
    """What `seva keys` needs of a store. Calls block; any of them may be repeated."""

    name: str

    def size(self) -> int:
        """Rows, about."""

    def look(self, after: str, limit: int, *, again: bool) -> Slice:
        """At so many rows after the one of that name ("": from the first), in the order of names.

        Rows that can be read lose their mark, others get it. `again`: the newest key seals what an
        older one sealed; a row that somebody changed meanwhile is left to them.
        """


def unreadable_column() -> sa.Column[Any]:
    """When a row was found unreadable, in seconds since 1970; empty: it was not."""
    return sa.Column("unreadable_at", sa.Float(53))


class SealedTable(Generic[T]):
    """A `SealedStore`: a table with one text as its primary key, and `unreadable_column`."""

    def __init__(
        self,
        name: str,
        engine: sa.engine.Engine,
        table: sa.Table,
        sealed: Sequence[str],
        read: Callable[[Row], T],
    ) -> None:
        """`sealed` columns hold tokens or nothing. `read` raises Unreadable, or KeyError, TypeError
        or ValueError for what is not in the form it expects."""
        self.name, self._engine, self._table = name, engine, table
        (self._key,) = table.primary_key.columns
        self._mark = table.c.unreadable_at
        self._sealed, self._read_row = sealed, read

    def one(self, where: Any) -> T | None:
        """The row, or None where there is none. Raises Unreadable."""
        with self._engine.connect() as db:
            row = db.execute(sa.select(self._table).where(where).limit(1)).mappings().first()
        if row is None:
            return None
        try:
            return self.read(row)
        except Unreadable as error:
            self._marked(row, error)
            raise

    def some(self, where: Any, order: Any, limit: int | None) -> list[T]:
        """So many rows, as if there were none that cannot be read; `order`: one column or some."""
        columns = order if isinstance(order, tuple) else (order,)
        query = sa.select(self._table).where(where & self._mark.is_(None)).order_by(*columns)
        while True:
            with self._engine.connect() as db:
                rows = db.execute(query.limit(limit)).mappings().all()
            found, broken = [], False
            for row in rows:
                try:
                    found.append(self.read(row))
                except Unreadable as error:
                    self._marked(row, error)
                    broken = True
            if not broken or limit is None:
                return found

    def read(self, row: Row) -> T:
        """What a row holds. Raises Unreadable."""
        try:
            return self._read_row(row)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise Unreadable("form") from None

    def size(self) -> int:
        """Rows."""
        with self._engine.connect() as db:
            return int(db.execute(sa.select(sa.func.count()).select_from(self._table)).scalar())

    def look(
        self, after: str, limit: int, *, again: bool = False, marked_only: bool = False
    ) -> Slice:
        """See `SealedStore`; `marked_only`: at rows that were not readable before."""
        where = self._key > after
        if marked_only:
            where = where & self._mark.isnot(None)
        query = sa.select(self._table).where(where).order_by(self._key).limit(limit)
        with self._engine.connect() as db:
            rows = db.execute(query).mappings().all()
        older = unreadable = 0
        todo: list[tuple[Row, dict[str, Any], Unreadable | None]] = []
        for row in rows:
            changes, error = self._sealed_now(row)
            older += bool(changes)
            unreadable += error is not None
            todo.append((row, changes if again else {}, error))
        self._keep(todo)
        last = str(rows[-1][self._key.name]) if len(rows) == limit else None
        return Slice(len(rows), older, unreadable, last)

    def _sealed_now(self, row: Row) -> tuple[dict[str, Any], Unreadable | None]:
        """Columns of the row that the newest key has yet to seal, and why it cannot be read."""
        changes, why = {}, None
        for name in self._sealed:
            try:
                token = reseal(row[name] or "")
            except Unreadable as error:
                why = error
                continue
            if token and token != row[name]:
                changes[name] = token
        try:
            self.read(row)
        except Unreadable as error:
            why = why or error
        return changes, why

    def _marked(self, row: Row, error: Unreadable) -> None:
        self._keep([(row, {}, error)])

    def _keep(self, todo: Sequence[tuple[Row, dict[str, Any], Unreadable | None]]) -> None:
        """Changes of rows and their marks, in one transaction; new marks are told."""
        told = []
        for row, changes, error in todo:
            before = row["unreadable_at"]
            if error is None and before is not None:
                changes["unreadable_at"] = None
            elif error is not None and before is None:
                changes["unreadable_at"] = time.time()
                told.append((str(row[self._key.name]), error.why))
        with self._engine.begin() as db:
            done = {
                str(row[self._key.name])
                for row, changes, _ in todo
                if changes and db.execute(self._update(row, changes)).rowcount == 1
            }
        for name, why in told:
            if name in done:
                alarm(self.name, name, why)

    def _update(self, row: Row, changes: Mapping[str, Any]) -> Any:
        """Changes nothing where the row is no longer as it was read."""
        where = (self._key == row[self._key.name]) & _same(self._mark, row["unreadable_at"])
        for name in self._sealed:
            where = where & _same(self._table.c[name], row[name])
        return self._table.update().where(where).values(**changes)


def _same(column: Any, value: Any) -> Any:
    return column.is_(None) if value is None else column == value
