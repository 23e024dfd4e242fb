"""The sandbox's grievances: their rows, and what may be done with them."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from actions.grievances.directory import GrievanceDirectory
from actions.sandbox import clock
from actions.sandbox.first_records import load_seed
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
_TABLE = "grievances_grievances"


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

    def find(self, db: sqlite3.Connection, number: str) -> sqlite3.Row | None:
        """By number."""
        row: sqlite3.Row | None = db.execute(
            f"SELECT * FROM {_TABLE} WHERE number = ?", (number,)
        ).fetchone()
        return row

    def by_reference(self, db: sqlite3.Connection, reference: str) -> sqlite3.Row | None:
        """By the key of the write that registered or reopened it."""
        row = db.execute(
            "SELECT number FROM grievances_references WHERE reference = ?", (reference,)
        ).fetchone()
        return self.find(db, row["number"]) if row else None

    def of_citizen(
        self, db: sqlite3.Connection, citizen: str, *, closed: bool = False
    ) -> Sequence[sqlite3.Row]:
        """The latest, or the latest closed ones, the latest first."""
        which = "AND state IN (?, ?)" if closed else ""
        most = load_seed("grievances")["searched"]
        return db.execute(
            f"SELECT * FROM {_TABLE} WHERE citizen = ? {which} ORDER BY number DESC LIMIT ?",
            (citizen, *(CLOSED if closed else ()), most),
        ).fetchall()

    def latest(self, db: sqlite3.Connection, most: int) -> Sequence[sqlite3.Row]:
        """The latest of all citizens, for the sandbox's page."""
        return db.execute(
            f"SELECT * FROM {_TABLE} ORDER BY registered_at DESC, number DESC LIMIT ?", (most,)
        ).fetchall()

    def open_for(self, db: sqlite3.Connection, subject: str) -> sqlite3.Row | None:
        """An open one of the same citizen in the same words."""
        row: sqlite3.Row | None = db.execute(
            f"SELECT * FROM {_TABLE} WHERE subject = ? AND state NOT IN (?, ?)", (subject, *CLOSED)
        ).fetchone()
        return row

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
    ) -> sqlite3.Row:
        """A new one."""
        today = clock.today()
        number = f"PGRS{today:%y%m}{next_number(db, 'grievances'):05}"
        due = self._due(office)
        db.execute(
            f"INSERT INTO {_TABLE} VALUES"
            " (?, ?, ?, ?, ?, 'registered', ?, NULL, NULL, NULL, ?, ?, ?, ?, ?, NULL)",
            (
                *(number, reference, citizen, subject, language, office, photo),
                *(secretariat or None, today.isoformat(), today.isoformat(), due),
            ),
        )
        return self._referenced(db, reference, number)

    def reopen(
        self, db: sqlite3.Connection, row: sqlite3.Row, reference: str, language: str
    ) -> sqlite3.Row:
        """Open again, with a new due date; changes are told to the write with `reference`."""
        db.execute(
            f"UPDATE {_TABLE} SET state = 'reopened', reference = ?, language = ?, officer = NULL,"
            " note = NULL, rating = NULL, changed_on = ?, due_on = ? WHERE number = ?",
            (
                *(reference, language, clock.today().isoformat(), self._due(row["office"])),
                row["number"],
            ),
        )
        return self._referenced(db, reference, row["number"])

    def rate(self, db: sqlite3.Connection, row: sqlite3.Row, rating: int) -> None:
        """Once."""
        db.execute(f"UPDATE {_TABLE} SET rating = ? WHERE number = ?", (rating, row["number"]))

    def change(self, db: sqlite3.Connection, row: sqlite3.Row, change: Change) -> sqlite3.Row:
        """What an officer does. Raises ValueError for another office that is none."""
        office, sent_from = row["office"], row["from_office"]
        due = row["due_on"]
        if change.state == "wrong_office":
            other = change.office or office
            if other not in self.directory.offices or other == office:
                raise ValueError("another office is needed")
            office, sent_from, due = other, office, self._due(other)
        elif change.state == "waiting_budget":
            due = clock.in_days(load_seed("grievances")["budget_days"])
        elif change.state == "sub_judice":
            due = None
        db.execute(
            f"UPDATE {_TABLE} SET state = ?, office = ?, from_office = ?, officer = ?, note = ?,"
            " changed_on = ?, due_on = ? WHERE number = ?",
            (
                *(change.state, office, sent_from, change.officer or row["officer"]),
                *(change.note or row["note"], clock.today().isoformat(), due, row["number"]),
            ),
        )
        return _there(self.find(db, row["number"]))

    def too_late(self, row: sqlite3.Row) -> bool:
        """Whether it was closed too long ago to be opened again."""
        last = self._reopen_by(row)
        return last is not None and last < clock.today()

    def shown(self, row: sqlite3.Row, language: str) -> dict[str, Any]:
        """A grievance as the API answers it."""
        today, due = clock.today().isoformat(), row["due_on"]
        last = self._reopen_by(row)
        closed = row["state"] in CLOSED
        return {
            "number": row["number"],
            "reference": row["reference"],
            "state": row["state"],
            "overdue": not closed and due is not None and due < today,
            "office": self._office(row["office"], language),
            "from_office": self._office(row["from_office"], language),
            "officer": row["officer"],
            "note": row["note"],
            "registered_at": row["registered_at"],
            "changed_on": row["changed_on"],
            "due_on": due,
            "reopen_by": last.isoformat() if last else None,
        }

    def _reopen_by(self, row: sqlite3.Row) -> datetime.date | None:
        if row["state"] not in CLOSED:
            return None
        closed = datetime.date.fromisoformat(row["changed_on"])
        return closed + datetime.timedelta(days=self.directory.reopen_days)

    def _due(self, office: str) -> str:
        return clock.in_days(self.directory.offices[office].days)

    def _office(self, name: str | None, language: str) -> dict[str, str] | None:
        if name is None:
            return None
        return {"id": name, "title": self.directory.offices[name].title[language]}

    def _referenced(self, db: sqlite3.Connection, reference: str, number: str) -> sqlite3.Row:
        db.execute("INSERT INTO grievances_references VALUES (?, ?)", (reference, number))
        return _there(self.find(db, number))


def _there(row: sqlite3.Row | None) -> sqlite3.Row:
    assert row is not None
    return row
