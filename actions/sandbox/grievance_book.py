"""The sandbox's grievances: what is known of each, and what may be done with it.

    registered --> with_officer --> resolved | closed_without_action --> reopened --> ...
                   waiting_budget, wrong_office (it goes to another office), sub_judice

Officers make every change but the first and `reopened`, in any order. A grievance is a record of
`counters/grievances.yml`. Neither the citizen's words nor the place nor the photo are kept:
`citizen` and `subject` are keyed hashes.
"""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from actions.grievances.directory import GrievanceDirectory
from actions.sandbox import clock
from actions.sandbox.counter import Find
from actions.sandbox.expressions import Moment
from actions.sandbox.records import Found, add_record, all_records, change_record
from actions.sandbox.store import Store, next_number

State = Literal[
    "registered",
    "with_officer",
    "waiting_budget",
    "wrong_office",
    "sub_judice",
    "resolved",
    "closed_without_action",
    "reopened",
]
STATES: tuple[State, ...] = get_args(State)
CLOSED = ("resolved", "closed_without_action")
DEPARTMENT = "grievances"
COLLECTOR = "collector"
"""The office that gets what is for an office that nobody knows."""
_LISTED = 9
_BUDGET_DAYS = 60
"""Until funds are expected, where a grievance waits for them."""
Grievance = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """What an officer enters: `office` is the other one that it is sent on to."""

    state: State
    office: str | None = None
    officer: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class GrievanceBook:
    """Reads and writes grievances inside the caller's transaction."""

    store: Store
    directory: GrievanceDirectory

    def find(self, db: sqlite3.Connection, number: str) -> Found | None:
        """By number."""
        return next(_all(db, "number", number), None)

    def of_citizen(
        self, db: sqlite3.Connection, citizen: str, *, closed: bool = False
    ) -> Sequence[Found]:
        """The latest, or the latest closed ones, the latest first."""
        found = [
            one
            for one in _all(db, "citizen", citizen)
            if not closed or one.record["state"] in CLOSED
        ]
        return sorted(found, key=lambda one: str(one.record["number"]), reverse=True)[:_LISTED]

    def latest(self, db: sqlite3.Connection, most: int) -> Sequence[Found]:
        """The latest of all citizens, for the sandbox's page."""
        return sorted(_all(db), key=_age, reverse=True)[:most]

    def open_for(self, db: sqlite3.Connection, subject: str) -> Found | None:
        """An open one of the same citizen in the same words."""
        found = _all(db, "subject", subject)
        return next((one for one in found if one.record["state"] not in CLOSED), None)

    def register(
        self,
        db: sqlite3.Connection,
        *,
        reference: str,
        citizen: str,
        subject: str,
        language: str,
        office: str,
        secretariat: str,
        photo: bool,
    ) -> Found:
        """A new one, at the collector's if nobody knows the office."""
        office = office if office in self.directory.offices else COLLECTOR
        today = clock.today()
        number = f"PGRS{today:%y%m}{next_number(db, DEPARTMENT):05}"
        record = {
            "number": number,
            "references": [reference],
            "citizen": citizen,
            "subject": subject,
            "language": language,
            "state": "registered",
            "office": office,
            "photo": photo,
            "secretariat": secretariat or None,
            "registered_at": today.isoformat(),
            "changed_on": today.isoformat(),
            "due_on": self._due(office),
        }
        return Found(record, add_record(db, DEPARTMENT, DEPARTMENT, record), number)

    def reopen(
        self, db: sqlite3.Connection, found: Found, reference: str, language: str
    ) -> Grievance:
        """Open again, with a new due date; changes are told to the write with `reference`."""
        return _changed(
            db,
            found,
            state="reopened",
            references=[*found.record["references"], reference],
            language=language,
            officer=None,
            note=None,
            rating=None,
            changed_on=clock.today().isoformat(),
            due_on=self._due(found.record["office"]),
        )

    def rate(self, db: sqlite3.Connection, found: Found, rating: int) -> None:
        """Once."""
        change_record(db, found.place, {"rating": rating})

    def change(self, db: sqlite3.Connection, found: Found, change: Change) -> Grievance:
        """What an officer does. Raises ValueError for another office that is none."""
        known = found.record
        office, sent_from = known["office"], known.get("from_office")
        due = _day(known, "due")
        if change.state == "wrong_office":
            other = change.office or office
            if other not in self.directory.offices or other == office:
                raise ValueError("another office is needed")
            office, sent_from, due = other, office, self._due(other)
        elif change.state == "waiting_budget":
            due = clock.in_days(_BUDGET_DAYS)
        elif change.state == "sub_judice":
            due = None
        return _changed(
            db,
            found,
            state=change.state,
            office=office,
            from_office=sent_from,
            officer=change.officer or known.get("officer"),
            note=change.note or known.get("note"),
            changed_on=clock.today().isoformat(),
            due_on=due,
        )

    def too_late(self, grievance: Grievance) -> bool:
        """Whether it was closed too long ago to be opened again."""
        last = self._reopen_by(grievance)
        return last is not None and last < clock.today()

    def shown(self, grievance: Grievance, language: str) -> dict[str, Any]:
        """A grievance as the API answers it."""
        today, due = clock.today().isoformat(), _day(grievance, "due")
        last = self._reopen_by(grievance)
        closed = grievance["state"] in CLOSED
        return {
            "number": grievance["number"],
            "reference": grievance["references"][-1],
            "state": grievance["state"],
            "overdue": not closed and due is not None and due < today,
            "office": self._office(grievance["office"], language),
            "from_office": self._office(grievance.get("from_office"), language),
            "officer": grievance.get("officer"),
            "note": grievance.get("note"),
            "registered_at": _day(grievance, "registered"),
            "changed_on": _day(grievance, "changed"),
            "due_on": due,
            "reopen_by": last.isoformat() if last else None,
        }

    def _reopen_by(self, grievance: Grievance) -> datetime.date | None:
        if grievance["state"] not in CLOSED:
            return None
        closed = datetime.date.fromisoformat(_day(grievance, "changed") or "")
        return closed + datetime.timedelta(days=self.directory.reopen_days)

    def _due(self, office: str) -> str:
        return clock.in_days(self.directory.offices[office].days)

    def _office(self, name: str | None, language: str) -> dict[str, str] | None:
        if name is None:
            return None
        return {"id": name, "title": self.directory.offices[name].title[language]}


_DAYS = {"registered": "registered_at", "changed": "changed_on", "due": "due_on"}


def _day(grievance: Grievance, name: str) -> str | None:
    """A date of a grievance; those of the first day count from today, so that none is too old."""
    if _DAYS[name] in grievance:
        return grievance[_DAYS[name]]  # type: ignore[no-any-return]
    return clock.in_days(grievance[name]) if name in grievance else None


def _age(found: Found) -> tuple[str, str]:
    return _day(found.record, "registered") or "", str(found.record["number"])


def _all(db: sqlite3.Connection, field: str = "", value: str = "") -> Iterator[Found]:
    """Those whose field has this value, or all."""
    by = {field: "value"} if field else {}
    return all_records(db, DEPARTMENT, Find((DEPARTMENT,), by, ""), Moment({"value": value}))


def _changed(db: sqlite3.Connection, found: Found, **values: Any) -> Grievance:
    change_record(db, found.place, values)
    return {**found.record, **values}
