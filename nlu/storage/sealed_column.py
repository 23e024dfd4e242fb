"""Columns that hold one sealed token a row, looked at and sealed again in slices.

A row that changes meanwhile is left to whoever changed it: it was sealed by the newest key then.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa

from nlu.storage.keys import Place
from nlu.storage.sealed_table import Slice
from nlu.storage.sealing import Unreadable, reseal, seal, unseal
from nlu.storage.tables import open_engine


@contextmanager
def _engine(url: str) -> Iterator[sa.engine.Engine]:
    engine = open_engine(url)
    try:
        yield engine
    finally:
        engine.dispose()


@dataclass
class SealedColumn:
    """A `SealedStore`: the column of tokens in a table whose rows are named by `key`."""

    name: str
    url: str
    table: str
    key: str
    column: str
    place: Place | None = None
    """Of its keys; None: those of SEVA_VAR_DIR."""

    def size(self) -> int:
        """Rows with a token; none where there is no table yet."""
        count = sa.text(f"SELECT COUNT(*) FROM {self.table} WHERE {self.column} != ''")
        with _engine(self.url) as engine, engine.connect() as db:
            return int(db.execute(count).scalar() or 0) if self._is_there(db) else 0

    def look(self, after: str, limit: int, *, again: bool) -> Slice:
        """See `SealedStore`."""
        with _engine(self.url) as engine, engine.begin() as db:
            return self._look(db, after, limit, again) if self._is_there(db) else Slice()

    def _is_there(self, db: sa.engine.Connection) -> bool:
        return bool(sa.inspect(db).has_table(self.table))

    def _look(self, db: sa.engine.Connection, after: str, limit: int, again: bool) -> Slice:
        name = f"CAST({self.key} AS TEXT)"
        some = sa.text(
            f"SELECT {name} AS name, {self.column} AS token FROM {self.table} "
            f"WHERE {name} > :after AND {self.column} != '' ORDER BY {name} LIMIT :limit"
        )
        anew = sa.text(
            f"UPDATE {self.table} SET {self.column} = :fresh "
            f"WHERE {name} = :name AND {self.column} = :token"
        )
        rows = db.execute(some, {"after": after, "limit": limit}).all()
        older = unreadable = 0
        for row in rows:
            try:
                fresh = _fresh(row.token, self.place)
            except Unreadable:
                unreadable += 1
                continue
            if fresh == row.token:
                continue
            older += 1
            if again:
                db.execute(anew, {"fresh": fresh, "name": row.name, "token": row.token})
        last = str(rows[-1].name) if len(rows) == limit else None
        return Slice(len(rows), older, unreadable, last)


def _fresh(token: str, place: Place | None) -> str:
    """The token by the newest key, and with it those inside: a tracker's slots hold values that the
    action server sealed. The same token where there is nothing to do. Raises Unreadable."""
    content = unseal(token, place=place)
    if isinstance(content, str):
        again = reseal(content, place)
        if again != content:
            return seal(again, place=place)
    return reseal(token, place)
