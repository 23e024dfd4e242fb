"""Counts who may be guessing: records that are not there, wrong codes, by citizen and department.

Beyond the limit the department is not asked at all, whatever is asked for, so that neither answer
nor refusal tells anything. A right code takes back what the same question was charged: what was
guessed about another record in the same request stays.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

import sqlalchemy as sa

from actions.departments.definition import MissLimits
from actions.departments.journal import database_url
from nlu.storage.database import Tables
from nlu.storage.sealing import keyed_hash
from nlu.storage.tables import IN_MEMORY, delete_in_slices, open_tables

HOUR, DAY = 3600.0, 86400.0
_METADATA = sa.MetaData()
_MISSES = sa.Table(
    "department_misses",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("department", sa.Text, nullable=False),
    sa.Column("citizen", sa.String(64), nullable=False),
    sa.Column("request", sa.String(64), nullable=False),
    sa.Column("at", sa.Float(53), nullable=False),
    sa.Index("department_misses_citizen", "department", "citizen", "at"),
    sa.Index("department_misses_at", "department", "at"),
)
TABLES = Tables("misses", _METADATA, Path(__file__).parents[1] / "migrations" / "misses")


class Misses:
    """The table of misses, in the journal's database. All methods block: call them in a thread."""

    def __init__(self, url: str = IN_MEMORY, clock: Callable[[], float] = time.time) -> None:
        """SQLAlchemy URL of SQLite or PostgreSQL; the table is made if it is not there."""
        self._engine, self._clock = open_tables(url, TABLES), clock

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Misses:
        """In the database of SEVA_JOURNAL_URL."""
        return cls(database_url(environ))

    def until(self, department: str, citizen: str, limits: MissLimits) -> float | None:
        """The moment from which the citizen may ask again, in seconds since 1970; None for now.

        While all citizens together miss too often, one miss an hour is one too many: a guesser
        with many telephones gains little, and who misses nothing is not held up.
        """
        now = self._clock()
        mine = (_MISSES.c.department == department) & (_MISSES.c.citizen == _who(citizen))
        latest = sa.select(_MISSES.c.at).where(mine & (_MISSES.c.at > now - DAY))
        latest = latest.order_by(_MISSES.c.at.desc()).limit(max(limits.hour, limits.day))
        with self._engine.connect() as db:
            times = [row.at for row in db.execute(latest)]
            if not times:
                return None
            lately = (_MISSES.c.department == department) & (_MISSES.c.at > now - HOUR)
            all_of = sa.select(sa.func.count()).select_from(_MISSES).where(lately)
            crowd = db.execute(all_of).scalar_one() >= limits.all_hour
        ends = [times[most - 1] + span for most, span in _most(limits) if len(times) >= most]
        if crowd:
            ends.append(times[0] + HOUR)
        return max((end for end in ends if end > now), default=None)

    def charge(self, department: str, citizen: str, asked: str) -> None:
        """Note a miss. `asked` is the request with its values; only its keyed hash is kept."""
        row = {"department": department, "citizen": _who(citizen), "at": self._clock()}
        with self._engine.begin() as db:
            db.execute(_MISSES.insert().values(request=_asked(asked), **row))

    def take_back(self, department: str, citizen: str, asked: str) -> None:
        """Forget the misses of what was asked: its code was right."""
        own = (_MISSES.c.department == department) & (_MISSES.c.citizen == _who(citizen))
        with self._engine.begin() as db:
            db.execute(_MISSES.delete().where(own & (_MISSES.c.request == _asked(asked))))

    def purge(self) -> int:
        """Delete what counts no more; how many."""
        return delete_in_slices(self._engine, _MISSES, _MISSES.c.at <= self._clock() - DAY)

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()


def _most(limits: MissLimits) -> tuple[tuple[int, float], ...]:
    return ((limits.hour, HOUR), (limits.day, DAY))


def _who(citizen: str) -> str:
    return keyed_hash(citizen, "misses")


def _asked(asked: str) -> str:
    return keyed_hash(asked, "misses-request")
