"""How often each service was used, by day: what the buttons under a greeting are learned from.

A row is a day, a service and a number. No citizen, no place and no hour is in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from nlu.storage.database import Tables
from nlu.storage.tables import IN_MEMORY, insert_into, open_tables

FILE = "usage.sqlite"
_METADATA = sa.MetaData()
_USED = sa.Table(
    "used",
    _METADATA,
    sa.Column("day", sa.Integer, primary_key=True),
    sa.Column("service", sa.Text, primary_key=True),
    sa.Column("times", sa.Integer, nullable=False),
)
TABLES = Tables("usage", _METADATA, Path(__file__).parents[1] / "migrations" / "usage")
_DAY = 86400


class Usage:
    """The counters, in a database; each call is a transaction of its own and blocks."""

    def __init__(self, url: str = IN_MEMORY, clock: Callable[[], float] = time.time) -> None:
        self._engine, self._clock = open_tables(url, TABLES), clock

    def count(self, service: str) -> None:
        """One request more that a department answered."""
        row = insert_into(self._engine, _USED).values(day=self._today(), service=service, times=1)
        more = row.on_conflict_do_update(
            index_elements=["day", "service"], set_={"times": _USED.c.times + 1}
        )
        with self._engine.begin() as db:
            db.execute(more)

    def most(self, days: int, least: int) -> tuple[str, ...]:
        """The services that were used `least` times or more in the last `days`, the most used
        first."""
        times = sa.func.sum(_USED.c.times)
        lately = sa.select(_USED.c.service).where(_USED.c.day > self._today() - days)
        ranked = lately.group_by(_USED.c.service).having(times >= least)
        with self._engine.connect() as db:
            rows = db.execute(ranked.order_by(times.desc(), _USED.c.service))
            return tuple(row.service for row in rows)

    def forget(self, before: float) -> int:
        """Deletes the counters of the days before that moment; how many."""
        with self._engine.begin() as db:
            old = _USED.c.day < int(before // _DAY)
            return db.execute(_USED.delete().where(old)).rowcount

    def _today(self) -> int:
        """Days since 1970."""
        return int(self._clock() // _DAY)
