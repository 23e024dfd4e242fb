"""Who is on duty: officers who looked at the desk in the last minutes.

Kept in a table, for any number of action servers; a look is written at most once a minute.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import sqlalchemy as sa

from actions.citizens.handover_tables import OFFICERS
from actions.desk.cases import Officer
from nlu.storage.tables import insert_into

_EVERY = 60.0


class Presence:
    """Calls block."""

    def __init__(self, engine: sa.engine.Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine, self._now = engine, clock
        self._written: dict[str, tuple[float, str]] = {}

    def is_due(self, officer: Officer) -> bool:
        """Whether it is to be noted. Does not block."""
        at, before = self._written.get(officer.id, (0.0, ""))
        departments = ",".join(sorted(officer.departments))
        return self._now() - at >= _EVERY or before != departments

    def seen(self, officer: Officer) -> None:
        """Notes that an officer is here."""
        now, departments = self._now(), ",".join(sorted(officer.departments))
        row = {"departments": departments, "seen": now}
        insert = insert_into(self._engine, OFFICERS).values(officer=officer.id, **row)
        with self._engine.begin() as db:
            db.execute(insert.on_conflict_do_update(index_elements=["officer"], set_=row))
        self._written[officer.id] = now, departments

    def on_duty(self, officer: Officer, minutes: float) -> list[str]:
        """Officers of the same departments who were here in the last minutes, by name."""
        query = sa.select(OFFICERS.c.officer, OFFICERS.c.departments).where(
            OFFICERS.c.seen > self._now() - minutes * 60
        )
        with self._engine.connect() as db:
            rows = db.execute(query.order_by(OFFICERS.c.officer)).all()
        return [
            one.officer for one in rows if officer.departments & set(one.departments.split(","))
        ]

    def forget(self, before: float) -> None:
        """Deletes officers who were not here since."""
        with self._engine.begin() as db:
            db.execute(OFFICERS.delete().where(OFFICERS.c.seen < before))
