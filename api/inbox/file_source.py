"""The inbox's SQLite file on its way into PostgreSQL: each row goes to the database of its lane.

Several databases are told their places by the same way.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from api.inbox import shard
from api.inbox.schema import TABLES
from nlu.storage.clock import time_of
from nlu.storage.move.source import Content, Opened, Shape, Source, SqliteSource, Values

_BY = ("lane", "name")
"""The column that says whose a row is; `name` of a count is a lane."""
_DUE = "due_at"
_NOTICED_S = 1.0


class InboxSource(SqliteSource):
    """Inbox, outbox, trackers, choices, citizens, counts. What stays behind: the clock of the file,
    and messages for a candidate, which would not lie with their citizens and are nobody's loss."""

    def __init__(self, urls: Sequence[str], file: Path) -> None:
        left = frozenset({"clock", "shadow_messages"})
        super().__init__(TABLES, urls, file, Shape(TABLES, left=left))

    def content(self, db: sqlite3.Connection, name: str, last: int) -> Content:
        """See `SqliteSource`."""
        found = super().content(db, name, last)
        by = next((found.columns.index(one) for one in _BY if one in found.columns), None)
        if by is not None:
            found = replace(found, place=lambda row: shard.place_of(row[by], len(self.urls)))
        return _by_real_time(found, _ahead(db)) if _DUE in found.columns else found


class PlaceSource(Source):
    """Which of several databases each one is. It goes with the inbox's file, and is not in it."""

    def __init__(self, urls: Sequence[str], file: Path) -> None:
        super().__init__(shard.TABLES, urls, [file])

    def contents(self, opened: Opened) -> list[Content]:
        """See `Source`."""
        count = len(self.urls)
        rows = [(1, place, count) for place in range(count)]
        columns = ("one", "place", "shards")
        return [Content("shard", columns, count, lambda: iter(rows), lambda row: int(row[1]))]


def _ahead(db: sqlite3.Connection) -> float:
    """Seconds by which the file's clock is ahead of the time of day; 0 where it is not, or hardly.
    That it is behind does no harm: what is due is due a little early, and nobody works on it."""
    row = db.execute("SELECT boot, shift, seen FROM clock").fetchone()
    ahead = time_of(row) - time.time() if row is not None else 0.0
    return ahead if ahead > _NOTICED_S else 0.0


def _by_real_time(content: Content, ahead: float) -> Content:
    """What waits becomes due by PostgreSQL's clock, not as much later as the file's was ahead."""
    if not ahead:
        return content
    at = content.columns.index(_DUE)

    def earlier(row: Values) -> Values:
        return (*row[:at], row[at] - ahead, *row[at + 1 :])

    return replace(content, rows=lambda: map(earlier, content.rows()), fresh=frozenset({_DUE}))
