"""The departments' records: found by what was sent, added, changed.

A record is a JSON object. It lies at `department/collection/serial`; under that name the numbers
are kept that it belongs to (`phones.py`).
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from actions.sandbox import clock
from actions.sandbox.access import About, Entered, Subject
from actions.sandbox.counter import Find
from actions.sandbox.expressions import Moment
from actions.sandbox.problem import not_found
from actions.sandbox.store import plain


@dataclass(frozen=True)
class Found:
    """A record and where it lies. An application that was taken lies nowhere, and neither does a
    record that is all defaults."""

    record: Mapping[str, Any]
    place: str = ""
    number: str = ""
    """What citizens know it by."""


def moment(entered: Entered, language: str) -> Moment:
    """What expressions may see of a call: what was sent, and the day."""
    return Moment({"input": entered, "today": clock.today().isoformat()}, language)


def find_record(db: sqlite3.Connection, department: str, find: Find, seen: Moment) -> Found | None:
    """The first record that matches, or the application taken under that number."""
    for found in all_records(db, department, find, seen):
        return Found({**(find.default or {}), **found.record}, found.place, found.number)
    number = seen.value(next(iter(find.by.values()))) if find.by else None
    for operation in find.taken:
        row = db.execute(
            "SELECT * FROM counter_taken WHERE department = ? AND operation = ? AND number = ?",
            (department, operation, number),
        ).fetchone()
        if row is not None:
            known = {"state": "in_progress", "operation": operation}
            record = {**known, "number": row["number"], "expected": row["expected"]}
            return Found(record, "", row["number"])
    return None if find.default is None else Found(find.default)


def all_records(
    db: sqlite3.Connection, department: str, find: Find, seen: Moment
) -> Iterator[Found]:
    """Every record that matches, the oldest first."""
    asked = {name: seen.value(expression) for name, expression in find.by.items()}
    if None in asked.values():
        return
    wanted = {name: plain(str(value)) for name, value in asked.items()}
    for collection in find.collections:
        rows = db.execute(
            "SELECT serial, record FROM counter_records WHERE department = ? AND collection = ?"
            " ORDER BY serial",
            (department, collection),
        )
        for row in rows:
            record = json.loads(row["record"])
            if all(value in _forms(record.get(name)) for name, value in wanted.items()):
                named = next((record[name] for name in asked if name.endswith("_number")), "")
                number = named[0] if isinstance(named, list) else named
                yield Found(record, f"{department}/{collection}/{row['serial']}", number)


def add_record(
    db: sqlite3.Connection, department: str, collection: str, record: Mapping[str, Any]
) -> str:
    """Put a new record in. Returns where it lies."""
    serial = db.execute(
        "SELECT coalesce(max(serial), -1) + 1 AS serial FROM counter_records"
        " WHERE department = ? AND collection = ?",
        (department, collection),
    ).fetchone()["serial"]
    db.execute(
        "INSERT INTO counter_records VALUES (?, ?, ?, ?)",
        (department, collection, serial, json.dumps(record)),
    )
    return f"{department}/{collection}/{serial}"


def change_record(db: sqlite3.Connection, place: str, values: Mapping[str, Any]) -> None:
    """Give the record at `place` these values."""
    where = "WHERE department = ? AND collection = ? AND serial = ?"
    key = tuple(place.split("/"))
    row = db.execute(f"SELECT record FROM counter_records {where}", key).fetchone()
    if row is not None:
        record = {**json.loads(row["record"]), **values}
        db.execute(f"UPDATE counter_records SET record = ? {where}", (json.dumps(record), *key))


def number_of(db: sqlite3.Connection, reference: str) -> str:
    """The number that citizens know what lies there by; a reference that is a number is one."""
    department, _, place = reference.partition("/")
    if not place:
        return reference
    row = db.execute(
        "SELECT record FROM counter_records WHERE department = ? AND collection = ? AND serial = ?",
        (department, *place.split("/")),
    ).fetchone()
    record = json.loads(row["record"]) if row is not None else {}
    return next((str(value) for name, value in record.items() if name.endswith("_number")), "")


def about(department: str, find: Find) -> About:
    """Whose record an operation is about: the guard finds it as the operation will."""

    def subject(db: sqlite3.Connection, entered: Entered) -> Subject | None:
        found = find_record(db, department, find, moment(entered, "en"))
        if found is None or not (found.place or found.number):
            return None
        return Subject(found.place or found.number, found.number)

    return About(subject, lambda: not_found(find.called))


def _forms(known: Any) -> list[str]:
    """The forms in which a record has a value, so that they can be compared."""
    return [plain(str(form)) for form in (known if isinstance(known, list) else [known])]
