"""Columns of SQLite files that hold one token a row, looked at and sealed again in slices.

A row that changes meanwhile is left to whoever changed it: it was sealed by the newest key then.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from nlu.storage.keys import Place
from nlu.storage.sealed_table import Slice
from nlu.storage.sealing import Unreadable, reseal, seal, unseal
from nlu.storage.write_ahead import connect


@dataclass
class SealedColumn:
    """A `SealedStore`: the column of tokens in a table whose rows are named by `key`."""

    name: str
    path: Path
    table: str
    key: str
    column: str
    place: Place | None = None
    """Of its keys; None: those of SEVA_VAR_DIR."""

    def size(self) -> int:
        """Rows with a token."""
        db = connect(self.path)
        try:
            found = db.execute(f"SELECT COUNT(*) FROM {self.table} WHERE {self.column} != ''")
            return int(found.fetchone()[0])
        finally:
            db.close()

    def look(self, after: str, limit: int, *, again: bool) -> Slice:
        """See `SealedStore`."""
        db = connect(self.path)
        try:
            return self._look(db, after, limit, again)
        finally:
            db.close()

    def _look(self, db: sqlite3.Connection, after: str, limit: int, again: bool) -> Slice:
        where = f"CAST({self.key} AS TEXT) > ? AND {self.column} != ''"
        rows = db.execute(
            f"SELECT CAST({self.key} AS TEXT) AS name, {self.column} AS token FROM {self.table} "
            f"WHERE {where} ORDER BY CAST({self.key} AS TEXT) LIMIT ?",
            (after, limit),
        ).fetchall()
        older = unreadable = 0
        for row in rows:
            try:
                fresh = _fresh(row["token"], self.place)
            except Unreadable:
                unreadable += 1
                continue
            if fresh == row["token"]:
                continue
            older += 1
            if again:
                db.execute(
                    f"UPDATE {self.table} SET {self.column} = ? "
                    f"WHERE {self.key} = ? AND {self.column} = ?",
                    (fresh, row["name"], row["token"]),
                )
        last = str(rows[-1]["name"]) if len(rows) == limit else None
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
