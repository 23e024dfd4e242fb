"""What officers do with requests: list, claim, give back, transfer, close, speak, note.

Who may see a request is decided here: one of another department counts as not there. Each change is
one transaction with its entry in the talk, so that nobody reads of what did not happen.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from actions.citizens.handover import CLAIMED, CLOSED, GENERAL, WAITING, Case, Handovers
from actions.citizens.handover_tables import HANDOVERS
from actions.citizens.handover_talk import (
    EVENT,
    NOTE,
    OFFICER,
    SEVA,
    WAITS,
    citizens_hash,
    is_known,
)
from actions.dialogue.steps import GRIEVANCE, HANDOVER

PAGE = 50
_TRIES = 5
_SLICE = 200
_MOST_COUNTED = 1000
MINE = "mine"


class NotYours(Exception):
    """An officer may not do that with the request now; `why` is `taken`, `not_claimed`, `closed` or
    `elsewhere` (its citizen talks with another officer)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Officer:
    """Who asks, and of which departments they may see requests."""

    id: str
    departments: frozenset[str]


@dataclass(frozen=True)
class Page:
    """Some requests, and what asks for those after them: `opened` and number of the last one."""

    cases: list[Case]
    following: tuple[float, str] | None


class Cases:
    """The requests of `Handovers` as officers work on them. Calls block."""

    def __init__(
        self,
        handovers: Handovers,
        department_of: Callable[[str], str | None],
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`department_of` names the department of a service, None for one that is gone."""
        self._all, self._engine = handovers, handovers.engine
        self._department_of, self._now = department_of, clock

    def list(
        self,
        officer: Officer,
        state: str,
        department: str | None = None,
        after: tuple[float, str] | None = None,
        kind: str | None = None,
    ) -> Page:
        """Fifty requests in a state (`waiting`, `mine`, `claimed`, `closed`), the oldest first; of
        those that are closed the newest first. Raises ValueError for a state or a kind that there
        is not."""
        self._give_departments()
        where, newest_first = self._seen(officer, department) & _in(state, officer), state == CLOSED
        where = where & _of(kind)
        opened, number = HANDOVERS.c.opened, HANDOVERS.c.number
        if after is not None:
            at, last = after
            beyond, same = opened < at if newest_first else opened > at, opened == at
            where = where & (beyond | (same & (number > last)))
        order = (opened.desc() if newest_first else opened), number
        # Numbers first: what is sealed is read, and sorted along, of these fifty alone.
        these = sa.select(number).where(where & HANDOVERS.c.unreadable_at.is_(None))
        these = these.order_by(*order).limit(PAGE)
        found = self._all.table.some(number.in_(these.scalar_subquery()), order, PAGE)
        end = (found[-1].opened, found[-1].number) if len(found) == PAGE else None
        return Page(found, end)

    def count(self, officer: Officer, state: str) -> int:
        """How many there are; at most a thousand are counted."""
        where = self._seen(officer, None) & _in(state, officer)
        some = sa.select(HANDOVERS.c.number).where(where).limit(_MOST_COUNTED).subquery()
        with self._engine.connect() as db:
            return int(db.execute(sa.select(sa.func.count()).select_from(some)).scalar())

    def one(self, number: str, officer: Officer) -> Case:
        """A request. Raises KeyError for one that is not there or not the officer's to see, and
        Unreadable."""
        case = self._all.case(number)
        department = case.department or self._department(case)
        if department not in officer.departments:
            raise KeyError(number)
        return case

    def claim(self, number: str, officer: Officer) -> None:
        """One officer gets it, and talks with the citizen, who is told so; about a grievance, whose
        citizen does not sit and wait, not before the first words. Raises KeyError, and NotYours
        where another officer has it or it is closed."""
        case = self.one(number, officer)
        free = HANDOVERS.c.officer.is_(None) & HANDOVERS.c.closed.is_(False)

        def change(db: sa.engine.Connection, now: float) -> None:
            values = {
                "officer": officer.id,
                "claimed": now,
                "answered": None,
                "mine": citizens_hash(case.citizen),
                "department": case.department or self._department(case),
            }
            if not self._update(db, number, free, values):
                raise NotYours(_why(db, number, officer))
            self._event(db, number, "claimed", officer, now)
            if case.kind != GRIEVANCE:
                self._join(db, case, officer, now)

        try:
            self._changed(change)
        except NotYours as error:
            if error.why:  # "": the officer has it already
                raise

    def say(self, number: str, officer: Officer, text: str, name: str) -> None:
        """Words for the citizen, the same `name` once; they wait to be sent. A citizen who had gone
        back to the bot is in the talk again. Raises KeyError and NotYours."""
        case = self.one(number, officer)

        def change(db: sa.engine.Connection, now: float) -> None:
            self._hold(db, number, officer)
            if not self._is_talking(db, number) and not self._join(db, case, officer, now):
                raise NotYours("elsewhere")
            self._all.talk.add(
                *(db, number, OFFICER, {"text": text}, now),
                name=f"{number}-{name}",
                officer=officer.id,
                sending=WAITS,
                answered=now,
            )

        self._changed(change)

    def note(self, number: str, officer: Officer, text: str, name: str) -> None:
        """Words for officers alone, the same `name` once. Raises KeyError."""
        self.one(number, officer)
        note = {"name": f"{number}-{name}", "officer": officer.id}
        self._changed(
            lambda db, now: self._all.talk.add(db, number, NOTE, {"text": text}, now, **note)
        )

    def release(self, number: str, officer: Officer) -> None:
        """Gives it back; the citizen is told, where they were in the talk. Raises KeyError and
        NotYours."""
        self.one(number, officer)

        def change(db: sa.engine.Connection, now: float) -> None:
            self._hold(db, number, officer)
            self._tell_who_talks(db, number, "given_back", now)
            self._update(db, number, sa.true(), _FREE)
            self._event(db, number, "given_back", officer, now)

        self._changed(change)

    def transfer(self, number: str, officer: Officer, department: str, note: str) -> None:
        """Another department is to go on, with a note for it. Raises KeyError and NotYours."""
        case = self.one(number, officer)
        fields = {"from": case.department or GENERAL, "department": department}

        def change(db: sa.engine.Connection, now: float) -> None:
            self._hold(db, number, officer)
            self._update(db, number, sa.true(), {**_FREE, "department": department})
            self._event(db, number, "transferred", officer, now, fields)
            if note:
                self._all.talk.add(db, number, NOTE, {"text": note}, now, officer=officer.id)
            self._tell(db, number, "moved", now, {"department": department})

        self._changed(change)

    def close(self, number: str, officer: Officer, reason: str) -> None:
        """Ends it; the citizen is told why and, the first time, asked how it was. Raises KeyError
        and NotYours."""
        case = self.one(number, officer)
        mine = citizens_hash(case.citizen)[:12]  # a number may be given again after years
        asking = f"{number}-{mine}-rating"

        def change(db: sa.engine.Connection, now: float) -> None:
            self._hold(db, number, officer)
            phrase = "ended" if self._is_talking(db, number) else "ended_quietly"
            ended = {"closed": True, "ended": now, "reason": reason, "talker": None}
            self._update(db, number, sa.true(), ended)
            fields = {"reason": reason}
            self._event(db, number, "closed", officer, now, fields)
            said = {"phrase": phrase, "fields": fields}
            first = not is_known(db, asking)
            name = asking if first else None
            more = {"rate": True} if first else {}
            self._all.talk.add(db, number, SEVA, {**said, **more}, now, name=name, sending=WAITS)

        self._changed(change)

    def rate(self, number: str, citizen: str, rating: int) -> bool:
        """What a citizen thinks of the help they got; False where the request is not theirs. The
        last word counts."""
        this = (HANDOVERS.c.number == number) & (HANDOVERS.c.mine == citizens_hash(citizen))
        with self._engine.begin() as db:
            done = db.execute(HANDOVERS.update().where(this).values(rating=rating))
        return bool(done.rowcount)

    def abandon(self, number: str) -> None:
        """The officer has left without a word: anybody may claim it, the bot speaks again, and the
        citizen is told."""

        def change(db: sa.engine.Connection, now: float) -> None:
            if self._update(db, number, HANDOVERS.c.talker.isnot(None), _FREE):
                self._all.talk.add(db, number, EVENT, {"phrase": "abandoned"}, now)
                self._tell(db, number, "nobody_there", now)

        self._changed(change)

    # --- inside a transaction --------------------------------------------------------------

    def _changed(self, change: Callable[[sa.engine.Connection, float], object]) -> None:
        """Runs a change; once more where another took the citizen's only talk meanwhile."""
        for left in reversed(range(_TRIES)):
            try:
                with self._engine.begin() as db:
                    change(db, self._now())
                return
            except sa.exc.IntegrityError:
                if not left:
                    raise

    def _update(
        self, db: sa.engine.Connection, number: str, where: Any, values: Mapping[str, Any]
    ) -> bool:
        this = HANDOVERS.update().where((HANDOVERS.c.number == number) & where)
        return bool(db.execute(this.values(**values)).rowcount)

    def _hold(self, db: sa.engine.Connection, number: str, officer: Officer) -> None:
        """Locks the request for an officer who has claimed it. Raises NotYours."""
        theirs = (HANDOVERS.c.officer == officer.id) & HANDOVERS.c.closed.is_(False)
        if not self._update(db, number, theirs, {"officer": officer.id}):
            raise NotYours(_why(db, number, officer) or "not_claimed")

    def _join(self, db: sa.engine.Connection, case: Case, officer: Officer, now: float) -> bool:
        """From now on the citizen talks with the officer and is told so; False where they talk with
        another one. What an older Seva closed while it was talked about is no talk any more."""
        mine = citizens_hash(case.citizen)
        talks = HANDOVERS.c.talker == mine
        stale = HANDOVERS.update().where(talks & HANDOVERS.c.closed.is_(True))
        db.execute(stale.values(talker=None))
        if db.execute(sa.select(HANDOVERS.c.number).where(talks)).first() is not None:
            self._event(db, case.number, "elsewhere", officer, now)
            return False
        self._update(db, case.number, sa.true(), {"talker": mine, "mine": mine})
        phrase = "taken_over_grievance" if case.kind == GRIEVANCE else "taken_over"
        department = case.department or self._department(case)
        self._tell(db, case.number, phrase, now, {"department": department})
        return True

    def _is_talking(self, db: sa.engine.Connection, number: str) -> bool:
        query = sa.select(HANDOVERS.c.talker).where(HANDOVERS.c.number == number)
        return db.execute(query).scalar() is not None

    def _tell_who_talks(
        self, db: sa.engine.Connection, number: str, phrase: str, now: float
    ) -> None:
        if self._is_talking(db, number):
            self._tell(db, number, phrase, now)

    def _tell(
        self,
        db: sa.engine.Connection,
        number: str,
        phrase: str,
        now: float,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        said = {"phrase": phrase, "fields": dict(fields or {})}
        self._all.talk.add(db, number, SEVA, said, now, sending=WAITS)

    def _event(
        self,
        db: sa.engine.Connection,
        number: str,
        phrase: str,
        officer: Officer,
        now: float,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        said = {"phrase": phrase, "fields": dict(fields or {})}
        self._all.talk.add(db, number, EVENT, said, now, officer=officer.id)

    # --- departments -----------------------------------------------------------------------

    def _seen(self, officer: Officer, department: str | None) -> Any:
        names: Collection[str] = officer.departments
        if department is not None:
            names = officer.departments & {department}
        return HANDOVERS.c.department.in_(sorted(names))

    def _department(self, case: Case) -> str:
        found = case.record.department or self._department_of(case.record.service)
        return found or GENERAL

    def _give_departments(self) -> None:
        """Requests that an older Seva opened get theirs, some at a time."""
        table = self._all.table
        for case in table.some(HANDOVERS.c.department.is_(None), HANDOVERS.c.opened, _SLICE):
            values = {"department": self._department(case), "mine": citizens_hash(case.citizen)}
            with self._engine.begin() as db:
                self._update(db, case.number, HANDOVERS.c.department.is_(None), values)


_FREE: Mapping[str, Any] = {"officer": None, "talker": None, "claimed": None}


def new_name() -> str:
    """For a form: what it says is kept once, however often it is sent."""
    return secrets.token_hex(12)


def _in(state: str, officer: Officer) -> Any:
    """Raises ValueError for a state that there is not."""
    closed, who = HANDOVERS.c.closed, HANDOVERS.c.officer
    if state == CLOSED:
        return closed.is_(True)
    states = {WAITING: who.is_(None), MINE: who == officer.id, CLAIMED: who.isnot(None)}
    if state not in states:
        raise ValueError(state)
    return closed.is_(False) & states[state]


def _of(kind: str | None) -> Any:
    """Raises ValueError for a kind that there is not."""
    if kind is None:
        return sa.true()
    if kind == HANDOVER:
        return HANDOVERS.c.kind.is_(None) | (HANDOVERS.c.kind == HANDOVER)
    if kind != GRIEVANCE:
        raise ValueError(kind)
    return HANDOVERS.c.kind == kind


def _why(db: sa.engine.Connection, number: str, officer: Officer) -> str:
    """Why an officer cannot have a request; empty where it is theirs."""
    query = sa.select(HANDOVERS.c.officer, HANDOVERS.c.closed).where(HANDOVERS.c.number == number)
    row = db.execute(query).first()
    if row is None or row.closed:
        return "closed"
    if row.officer is None:
        return "not_claimed"
    return "" if row.officer == officer.id else "taken"
