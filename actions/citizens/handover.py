"""Requests handed over to a person: what was asked, what was told, what went wrong.

A record is found by the number that the citizen was told and holds one sealed token. Staff answer
by number (`seva handover`); their words reach the citizen as a notice.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from actions.citizens.handover_tables import FILE, HANDOVERS, TABLES, TALK
from actions.citizens.handover_talk import EVENT, OFFICER, SENT, Talk, citizens_hash
from actions.dialogue.steps import HANDOVER, Handover
from actions.news.notices import Notify
from nlu.action_address import GENERAL
from nlu.known_fields import known_fields
from nlu.storage.sealed_table import SealedTable
from nlu.storage.sealing import keyed_hash, seal, unseal
from nlu.storage.tables import delete_in_slices, open_tables
from nlu.turn import Notice

__all__ = ["FILE", "GENERAL", "TABLES", "Case", "Handovers"]
WAITING, CLAIMED, CLOSED = "waiting", "claimed", "closed"
BY_DEPARTMENT = "by_department"
"""Why a request is closed that its department answered before an officer took it."""
_NUMBERS = 1_000_000  # six digits: short enough to say on the telephone


@dataclass(frozen=True)
class Case:
    """A record as staff see it.

    `kind` is `handover` or `grievance`. `department` is None where an older Seva opened it.
    `talking`: the citizen's messages go to `officer`, and the bot is silent. `wrote` and `answered`
    are when the citizen and an officer spoke last, `entries` is the place of the last entry of the
    talk.
    """

    number: str
    citizen: str
    record: Handover
    closed: bool
    opened: float = 0.0
    department: str | None = None
    officer: str | None = None
    talking: bool = False
    claimed: float | None = None
    ended: float | None = None
    reason: str | None = None
    rating: int | None = None
    entries: int = 0
    wrote: float | None = None
    answered: float | None = None
    kind: str = HANDOVER

    @property
    def state(self) -> str:
        """`waiting`, `claimed` or `closed`."""
        return CLOSED if self.closed else CLAIMED if self.officer else WAITING


class Handovers:
    """Records in a database; each call is a transaction of its own."""

    def __init__(self, url: str) -> None:
        """Makes the tables and, of SQLite, the file and its folder where they are missing."""
        self.engine = open_tables(url, TABLES)
        self.table = SealedTable("handovers", self.engine, HANDOVERS, ["told"], _case)
        self.talk = Talk(self.engine)

    def open(self, citizen: str, record: Handover) -> str:
        """Keeps a record and gives its number; the same request gets the same number, with what
        is known of it now."""
        request = _request(citizen, record.request)
        told = seal({"citizen": citizen, "record": asdict(record)})
        this = HANDOVERS.c.request == request
        new = {"told": told, "closed": False, "unreadable_at": None, "kind": record.kind}
        new["mine"] = citizens_hash(citizen)
        # One that was closed waits for anybody again; one that somebody works on stays theirs.
        theirs = sa.case((HANDOVERS.c.closed.is_(True), None), else_=HANDOVERS.c.officer)
        again = {**new, "officer": theirs, "ended": None, "reason": None}
        while True:
            with self.engine.begin() as db:
                done = db.execute(HANDOVERS.update().where(this).values(**again))
                if done.rowcount:
                    return str(db.execute(sa.select(HANDOVERS.c.number).where(this)).scalar())
            number = f"{secrets.randbelow(_NUMBERS):06d}"
            row = {"number": number, "request": request, "opened": record.at, **new}
            row["department"] = record.department or GENERAL
            try:
                with self.engine.begin() as db:
                    db.execute(HANDOVERS.insert().values(**row))
                return number
            except sa.exc.IntegrityError:  # the number is taken, or the request was faster
                continue

    def case(self, number: str) -> Case:
        """The record of a number. Raises KeyError where there is none, and Unreadable."""
        found = self.table.one(HANDOVERS.c.number == number)
        if found is None:
            raise KeyError(number)
        return found

    def cases(self, *, everything: bool) -> list[Case]:
        """All records, or those that wait, the oldest first; none of those that cannot be read."""
        where = sa.true() if everything else HANDOVERS.c.closed.is_(False)
        return self.table.some(where, HANDOVERS.c.opened, None)

    def is_closed(self, number: str) -> bool | None:
        """Whether a person is done with the record; None for an unknown number."""
        this = HANDOVERS.c.number == number
        with self.engine.connect() as db:
            found = db.execute(sa.select(HANDOVERS.c.closed).where(this)).scalar()
        return None if found is None else bool(found)

    async def answer(
        self, number: str, text: str, language: str, about: str, notify: Notify
    ) -> None:
        """A person's words go to the citizen, the same words once; the record is closed when they
        were taken. Raises KeyError for an unknown number, and NoticeRefused."""
        case = self.case(number)
        words = hashlib.sha256(text.encode()).hexdigest()[:16]
        name, now = f"case-{number}-{words}", time.time()
        await notify(Notice(name, case.citizen, language, about, text))
        with self.engine.begin() as db:
            said = {"text": text}
            self.talk.add(db, number, OFFICER, said, now, name=name, sending=SENT, answered=now)
        self.set_closed(number, closed=True)

    def set_closed(self, number: str, *, closed: bool) -> None:
        """Whether a person is done with the record; then the bot speaks again."""
        this = HANDOVERS.c.number == number
        ended = {"ended": time.time(), "talker": None} if closed else {"ended": None}
        with self.engine.begin() as db:
            db.execute(HANDOVERS.update().where(this).values(closed=closed, **ended))

    def answered_elsewhere(self, citizen: str, requests: Sequence[str]) -> list[str]:
        """The department has answered these requests of a citizen: the numbers of those that are
        closed by that. An officer who works on one reads it in the talk."""
        hashes, now = [_request(citizen, one) for one in requests], time.time()
        found = sa.select(HANDOVERS.c.number, HANDOVERS.c.officer).where(
            HANDOVERS.c.request.in_(hashes) & HANDOVERS.c.closed.is_(False)
        )
        free = HANDOVERS.c.officer.is_(None) & HANDOVERS.c.closed.is_(False)
        ended = {"closed": True, "ended": now, "reason": BY_DEPARTMENT}
        closed = []
        with self.engine.begin() as db:
            for number, officer in db.execute(found).all():
                this = HANDOVERS.update().where((HANDOVERS.c.number == number) & free)
                if officer is None and db.execute(this.values(**ended)).rowcount:
                    closed.append(str(number))
                else:
                    self.talk.add(db, number, EVENT, {"phrase": "answered"}, now)
        return closed

    def erase(self, citizen: str) -> None:
        """Deletes the records of a citizen and the talk about them, also those that nobody has
        answered yet."""
        old = self.table.some(HANDOVERS.c.mine.is_(None), HANDOVERS.c.opened, None)
        numbers = [one.number for one in old if one.citizen == citizen]
        mine = (HANDOVERS.c.mine == citizens_hash(citizen)) | HANDOVERS.c.number.in_(numbers)
        with self.engine.begin() as db:
            these = sa.select(HANDOVERS.c.number).where(mine)
            db.execute(TALK.delete().where(TALK.c.number.in_(these.scalar_subquery())))
            db.execute(HANDOVERS.delete().where(mine))

    def forget(self, before: float) -> tuple[int, int]:
        """Deletes what was opened before that moment and answered; how many, and how many of that
        age nobody has answered yet: those are kept, for somebody waits."""
        old = HANDOVERS.c.opened < before
        gone = delete_in_slices(self.engine, HANDOVERS, old & HANDOVERS.c.closed.is_(True))
        self.talk.forget()
        owed = sa.select(sa.func.count()).select_from(HANDOVERS).where(old)
        with self.engine.connect() as db:
            return gone, int(db.execute(owed).scalar())


def _request(citizen: str, request: str) -> str:
    return keyed_hash(f"{citizen}:{request}", "handover")


def _case(row: Mapping[str, Any]) -> Case:
    told = unseal(row["told"])
    record = Handover(**known_fields(Handover, told["record"]))
    plain = {name: row[name] for name in _PLAIN}
    plain["kind"] = row["kind"] or HANDOVER
    talking = row["talker"] is not None and not row["closed"]
    return Case(citizen=told["citizen"], record=record, talking=talking, **plain)


_PLAIN = (
    *("number", "closed", "opened", "department", "officer", "claimed", "ended", "reason"),
    *("rating", "entries", "wrote", "answered"),
)
