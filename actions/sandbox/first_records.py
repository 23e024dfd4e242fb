"""Puts a department's first records into the sandbox's tables, from `seeds/<department>.yml` and
`counters/<department>.yml`."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from actions.sandbox import clock
from actions.sandbox.counter import Row, load_department, phones_of
from nlu.fast_yaml import load_yaml

_SEEDS = Path(__file__).parent / "seeds"
Seed = dict[str, Any]
_OWNED = ("connections", "tickets", "applications", "assessments", "grievances")


@lru_cache(maxsize=64)
def load_seed(name: str) -> Seed:
    """`seeds/<name>.yml`."""
    text = (_SEEDS / f"{name}.yml").read_text(encoding="utf-8")
    seed: Seed = load_yaml(text)
    return seed


def load_records(department: str) -> Mapping[str, list[Row]]:
    """The records of `counters/<department>.yml` by collection; empty without the file."""
    return load_department(department).records


def sow(db: sqlite3.Connection, department: str, fingerprint: Callable[..., str]) -> None:
    """Put the records of a department in; most departments begin without any."""
    sower = _SOWERS.get(department)
    if sower is not None:
        sower(db, load_seed(department))
    sow_records(db, department)
    sow_taken(db, department, fingerprint)
    sow_numbers(db, department)


def sow_records(db: sqlite3.Connection, department: str) -> None:
    """Put the records of a department's counters in."""
    for collection, rows in load_records(department).items():
        for serial, row in enumerate(rows):
            _insert(
                db, "counter_records", department, collection, serial, json.dumps(row, default=str)
            )


def sow_taken(db: sqlite3.Connection, department: str, fingerprint: Callable[..., str]) -> None:
    """Put in what is open at a department's counters; it is promised from the day of asking."""
    declared = load_department(department)
    for operation, rows in declared.taken.items():
        take = declared.counters[operation].take
        assert take is not None
        for row in rows:
            subject = fingerprint(*(row[name] for name in take.once_for))
            _insert(db, "counter_taken", department, operation, row["number"], subject, None)


def sow_numbers(db: sqlite3.Connection, department: str) -> None:
    """Put the numbers on record in: `mobile` of seeds; `owner` of records, or `mobile_number`."""
    path = _SEEDS / f"{department}.yml"
    seed = load_seed(department) if path.exists() else {}
    owned = [
        (number, row["mobile"])
        for collection in _OWNED
        for number, row in (seed.get(collection) or {}).items()
        if "mobile" in row
    ]
    for collection, rows in load_records(department).items():
        for serial, row in enumerate(rows):
            for phone in phones_of(row):
                owned.append((f"{department}/{collection}/{serial}", phone))
    for record, phone in owned:
        _insert(db, "on_record", department, record, phone)


def _grievances(db: sqlite3.Connection, seed: Seed) -> None:
    for number, g in seed["grievances"].items():
        dates = (
            clock.in_days(g[name]) if name in g else None
            for name in ("registered", "changed", "due")
        )
        _insert(
            db,
            "grievances_grievances",
            *(number, f"seed-{number}", None, None, "te", g["state"], g["office"]),
            *(g.get("from_office"), g.get("officer"), g.get("note"), False, None),
            *(*dates, None),
        )


def _insert(db: sqlite3.Connection, table: str, *values: object) -> None:
    db.execute(f"INSERT INTO {table} VALUES ({', '.join('?' * len(values))})", values)


_SOWERS: dict[str, Callable[[sqlite3.Connection, Seed], None]] = {
    "grievances": _grievances,
}
