"""Requests handed over to a person: what was asked, what was told, what went wrong.

A record is found by the number that the citizen was told and holds one sealed token. Staff answer
by number (`seva handover`); their words reach the citizen as a notice.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from actions.dialogue.steps import Handover
from actions.news.notices import Notify
from nlu.known_fields import known_fields
from nlu.storage.database import Tables
from nlu.storage.sealed_table import SealedTable, unreadable_column
from nlu.storage.sealing import keyed_hash, seal, unseal
from nlu.storage.tables import delete_in_slices, open_tables
from nlu.turn import Notice

FILE = "handover.sqlite"
_METADATA = sa.MetaData()
_HANDOVERS = sa.Table(
    "handover",
    _METADATA,
    sa.Column("number", sa.Text, primary_key=True),
    sa.Column("request", sa.Text, nullable=False, unique=True),
    sa.Column("opened", sa.Float(53), nullable=False),
    sa.Column("closed", sa.Boolean, nullable=False),
    sa.Column("told", sa.Text, nullable=False),
    unreadable_column(),
)
TABLES = Tables("handovers", _METADATA, Path(__file__).parents[1] / "migrations" / "handovers")
_NUMBERS = 1_000_000  # six digits: short enough to say on the telephone


@dataclass(frozen=True)
class Case:
    """A record as staff see it."""

    number: str
    citizen: str
    record: Handover
    closed: bool


class Handovers:
    """Records in a database; each call is a transaction of its own."""

    def __init__(self, url: str) -> None:
        """Makes the tables and, of SQLite, the file and its folder where they are missing."""
        self._engine = open_tables(url, TABLES)
        self.table = SealedTable("handovers", self._engine, _HANDOVERS, ["told"], _case)

    def open(self, citizen: str, record: Handover) -> str:
        """Keeps a record and gives its number; the same request gets the same number, with what
        is known of it now."""
        request = keyed_hash(f"{citizen}:{record.request}", "handover")
        told = seal({"citizen": citizen, "record": asdict(record)})
        this = _HANDOVERS.c.request == request
        new = {"told": told, "closed": False, "unreadable_at": None}
        while True:
            with self._engine.begin() as db:
                done = db.execute(_HANDOVERS.update().where(this).values(**new))
                if done.rowcount:
                    return str(db.execute(sa.select(_HANDOVERS.c.number).where(this)).scalar())
            number = f"{secrets.randbelow(_NUMBERS):06d}"
            row = {"number": number, "request": request, "opened": record.at, **new}
            try:
                with self._engine.begin() as db:
                    db.execute(_HANDOVERS.insert().values(**row))
                return number
            except sa.exc.IntegrityError:  # the number is taken, or the request was faster
                continue

    def case(self, number: str) -> Case:
        """The record of a number. Raises KeyError where there is none, and Unreadable."""
        found = self.table.one(_HANDOVERS.c.number == number)
        if found is None:
            raise KeyError(number)
        return found

    def cases(self, *, everything: bool) -> list[Case]:
        """All records, or those that wait, the oldest first; none of those that cannot be read."""
        where = sa.true() if everything else _HANDOVERS.c.closed.is_(False)
        return self.table.some(where, _HANDOVERS.c.opened, None)

    def is_closed(self, number: str) -> bool | None:
        """Whether a person is done with the record; None for an unknown number."""
        this = _HANDOVERS.c.number == number
        with self._engine.connect() as db:
            found = db.execute(sa.select(_HANDOVERS.c.closed).where(this)).scalar()
        return None if found is None else bool(found)

    async def answer(
        self, number: str, text: str, language: str, about: str, notify: Notify
    ) -> None:
        """A person's words go to the citizen, the same words once; the record is closed when they
        were taken. Raises KeyError for an unknown number, and NoticeRefused."""
        case = self.case(number)
        words = hashlib.sha256(text.encode()).hexdigest()[:16]
        await notify(Notice(f"case-{number}-{words}", case.citizen, language, about, text))
        self.set_closed(number, closed=True)

    def set_closed(self, number: str, *, closed: bool) -> None:
        """Whether a person is done with the record."""
        this = _HANDOVERS.c.number == number
        with self._engine.begin() as db:
            db.execute(_HANDOVERS.update().where(this).values(closed=closed))

    def erase(self, citizen: str) -> None:
        """Deletes the records of a citizen, also those that nobody has answered yet."""
        mine = [one.number for one in self.cases(everything=True) if one.citizen == citizen]
        with self._engine.begin() as db:
            for number in mine:
                db.execute(_HANDOVERS.delete().where(_HANDOVERS.c.number == number))

    def forget(self, before: float) -> tuple[int, int]:
        """Deletes what was opened before that moment and answered; how many, and how many of that
        age nobody has answered yet: those are kept, for somebody waits."""
        old = _HANDOVERS.c.opened < before
        gone = delete_in_slices(self._engine, _HANDOVERS, old & _HANDOVERS.c.closed.is_(True))
        owed = sa.select(sa.func.count()).select_from(_HANDOVERS).where(old)
        with self._engine.connect() as db:
            return gone, int(db.execute(owed).scalar())


def _case(row: Mapping[str, Any]) -> Case:
    told = unseal(row["told"])
    record = Handover(**known_fields(Handover, told["record"]))
    return Case(row["number"], told["citizen"], record, row["closed"])
