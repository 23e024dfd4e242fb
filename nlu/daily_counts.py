"""How often what happened on a day: the figures that reports are made of. No citizen is in them.

Each process adds up in memory (`Tally`) and adds its sums to one table every few seconds and when
it stops. So no turn waits for a row that all others write too. A process that is killed with
`kill -9` loses the counts of its last seconds, and a turn that is taken again is counted again.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from nlu.log import describe, get_logger
from nlu.storage.database import Tables
from nlu.storage.tables import IN_MEMORY, insert_into, open_tables

_LOG = get_logger(__name__)
FILE = "counts.sqlite"
UNHAPPY, DEAD = "unhappy", "dead"
"""A turn that did not go well; of which sort, a message that was given up."""
TURNS, OBJECTED, TO_PERSON, FAILED = "turns", "objected", "to_person", "failed"
"""`what` of a count of a model. `kind` of `TURNS` is that of the decision where the message
answered no question of a form, else empty. `OBJECTED`: the citizen said that it was not this, or
took the request back; `FAILED`: its first turn failed while all else worked."""
UNREAD = "unread"
"""A message that the dialogue never saw, or a picture that it could not use; the sort says why."""
_METADATA = sa.MetaData()
COUNTS = sa.Table(
    "daily_counts",
    _METADATA,
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("day", sa.Integer, primary_key=True),
    sa.Column("department", sa.Text, primary_key=True),
    sa.Column("service", sa.Text, primary_key=True),
    sa.Column("language", sa.Text, primary_key=True),
    sa.Column("district", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("times", sa.BigInteger, nullable=False),
    sa.Column("seconds", sa.BigInteger, nullable=False),
)
MODEL_COUNTS = sa.Table(
    "model_counts",
    _METADATA,
    sa.Column("what", sa.Text, primary_key=True),
    sa.Column("day", sa.Integer, primary_key=True),
    sa.Column("model", sa.Text, primary_key=True),
    sa.Column("language", sa.Text, primary_key=True),
    sa.Column("kind", sa.Text, primary_key=True),
    sa.Column("times", sa.BigInteger, nullable=False),
)
TABLES = Tables("counts", _METADATA, Path(__file__).with_name("migrations") / "counts")
_ROWS = 500
"""Rows of one statement. SQLite takes 32,766 values in one."""
_SECONDS = 5.0
_FIRST = date(1970, 1, 1).toordinal()


@dataclass(frozen=True, order=True)
class Key:
    """What is counted. Empty where it is not known, or where it does not matter.

    `language` is one of the keys in which people write; `kind` says which of its sort it was.
    """

    what: str
    day: int
    department: str = ""
    service: str = ""
    language: str = ""
    district: str = ""
    kind: str = ""


@dataclass(frozen=True, order=True)
class ModelKey:
    """What is counted of the turns that a model answered. `language` and `kind` as in `Key`."""

    what: str
    day: int
    model: str
    language: str = ""
    kind: str = ""


AnyKey = Key | ModelKey
Sums = Mapping[AnyKey, tuple[int, int]]
"""Times and seconds by what they are of. Of models only times are kept."""
_PLACES: Mapping[type[Any], sa.Table] = {Key: COUNTS, ModelKey: MODEL_COUNTS}
_ADDED = ("times", "seconds")


def day_number(day: date) -> int:
    """Days since 1970, as the table has them."""
    return day.toordinal() - _FIRST


def day_of(number: int) -> date:
    """The day of such a number."""
    return date.fromordinal(number + _FIRST)


class DailyCounts:
    """The table. All methods block: call them in a thread."""

    def __init__(self, url: str = IN_MEMORY) -> None:
        """Makes the tables where they are missing. Raises ValueError for tables that this Seva
        cannot work with."""
        self.engine = open_tables(url, TABLES)

    def add(self, sums: Sums) -> None:
        """Adds to what is there, all or nothing. Rows are taken in the same order by all, so that
        two processes never wait for each other."""
        with self.engine.begin() as db:
            for kind, table in _PLACES.items():
                some = {key: both for key, both in sums.items() if isinstance(key, kind)}
                self._add(db, table, some)

    def _add(self, db: sa.engine.Connection, table: sa.Table, sums: Mapping[Any, Any]) -> None:
        names = [column.name for column in table.primary_key.columns]
        added = [name for name in _ADDED if name in table.c]
        rows = [
            {**dict(zip(names, astuple(key))), **{n: v for n, v in zip(_ADDED, both) if n in added}}
            for key, both in sorted(sums.items())
        ]
        for start in range(0, len(rows), _ROWS):
            new = insert_into(self.engine, table).values(rows[start : start + _ROWS])
            more = {name: table.c[name] + new.excluded[name] for name in added}
            db.execute(new.on_conflict_do_update(index_elements=names, set_=more))

    def sums(
        self,
        what: str,
        days: tuple[int, int],
        by: Sequence[str],
        department: str = "",
        kinds: Iterable[str] = (),
    ) -> dict[tuple[Any, ...], tuple[int, int]]:
        """Times and seconds of the days (both included), by some of the columns, in one query.
        Empty `department` and `kinds` mean all."""
        columns = [COUNTS.c[name] for name in by]
        added = sa.func.sum(COUNTS.c.times), sa.func.sum(COUNTS.c.seconds)
        where = (COUNTS.c.what == what) & COUNTS.c.day.between(*days)
        if department:
            where &= COUNTS.c.department == department
        if kinds := list(kinds):
            where &= COUNTS.c.kind.in_(kinds)
        with self.engine.connect() as db:
            rows = db.execute(sa.select(*columns, *added).where(where).group_by(*columns))
            return {tuple(row[:-2]): (int(row[-2] or 0), int(row[-1] or 0)) for row in rows}

    def of_models(
        self, models: Sequence[str], days: tuple[int, int]
    ) -> dict[tuple[str, str, str, str], int]:
        """Times by model, what, language and kind on the days (both included), in one query."""
        columns = [MODEL_COUNTS.c[name] for name in ("model", "what", "language", "kind")]
        where = MODEL_COUNTS.c.model.in_(list(models)) & MODEL_COUNTS.c.day.between(*days)
        added = sa.func.sum(MODEL_COUNTS.c.times)
        with self.engine.connect() as db:
            rows = db.execute(sa.select(*columns, added).where(where).group_by(*columns))
            return {(row[0], row[1], row[2], row[3]): int(row[4]) for row in rows}

    def forget(self, before: int) -> int:
        """Deletes the days before that day; how many rows."""
        with self.engine.begin() as db:
            return sum(
                db.execute(table.delete().where(table.c.day < before)).rowcount
                for table in _PLACES.values()
            )

    def close(self) -> None:
        """Closes the connections."""
        self.engine.dispose()


class Tally:
    """What one process has counted and not yet added to the table. Any thread may count."""

    def __init__(
        self,
        counts: Callable[[], DailyCounts],
        zone: ZoneInfo,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`counts` opens the table at the first sums; days are those of `zone`."""
        self._open, self._zone, self._clock = counts, zone, clock
        self._counts: DailyCounts | None = None
        self._sums: dict[AnyKey, tuple[int, int]] = {}
        self._lock, self._adding = threading.Lock(), threading.Lock()

    def count(self, what: str, *, seconds: float = 0, times: int = 1, **about: str) -> None:
        """One more (or `times`), now; `about` are the other fields of `Key`."""
        self._add({Key(what, self._today(), **about): (times, round(seconds))})

    def count_model(self, what: str, model: str, language: str = "", kind: str = "") -> None:
        """One more turn of that sort, now, that `model` answered; none where no model is known."""
        if model:
            self._add({ModelKey(what, self._today(), model, language, kind): (1, 0)})

    def flush(self) -> None:
        """Adds the sums to the table. What cannot be added is kept for the next time."""
        with self._adding:
            with self._lock:
                sums, self._sums = self._sums, {}
            if not sums:
                return
            try:
                if self._counts is None:
                    self._counts = self._open()
                self._counts.add(sums)
            except Exception as error:  # a database that is away costs no turn and no count
                self._add(sums)
                _LOG.warning("counts_not_kept", error=describe(error))

    async def keep(self, every: float = _SECONDS) -> None:
        """Adds the sums every few seconds, and a last time when it is cancelled."""
        try:
            while True:
                await asyncio.sleep(every)
                await asyncio.to_thread(self.flush)
        finally:
            await asyncio.to_thread(self.flush)

    def _today(self) -> int:
        return day_number(datetime.fromtimestamp(self._clock(), self._zone).date())

    def _add(self, sums: Sums) -> None:
        with self._lock:
            for key, (times, seconds) in sums.items():
                before = self._sums.get(key, (0, 0))
                self._sums[key] = before[0] + times, before[1] + seconds
