"""The sandbox's SQLite file: transactions, first records, sequences and reset."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import sqlite3
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from actions.sandbox.counter import COUNTERS, load_department, phones_of
from nlu.fast_yaml import load_yaml
from nlu.storage.write_ahead import write_ahead

_HERE = Path(__file__).parent
DEPARTMENTS = tuple(sorted(path.stem for path in COUNTERS.glob("*.yml")))
"""Each department is one file."""
_SHARED = (
    *("keyed_answers", "writes", "orders", "counter_records", "counter_taken"),
    *("on_record", "codes", "sms"),
)
_ROWS = "SELECT 1 FROM counter_records WHERE department = ? LIMIT 1"


class Store:
    """One database file for all departments; every transaction has its own connection."""

    def __init__(self, database: Path) -> None:
        self._path = database
        database.parent.mkdir(parents=True, exist_ok=True)
        with self._connect() as connection:
            write_ahead(connection)
            connection.executescript((_HERE / "schema.sql").read_text("utf-8"))
        with self.transaction() as db:
            db.execute("INSERT OR IGNORE INTO meta VALUES ('secret', ?)", (secrets.token_hex(16),))
            self._secret = bytes.fromhex(_meta(db, "secret"))
            for department in DEPARTMENTS:
                known = _meta(db, f"first_day/{department}") == _first_day(department)
                if not known or db.execute(_ROWS, (department,)).fetchone() is None:
                    self._begin(db, department)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: it is done wholly or not at all, and one at a time."""
        with self._connect() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def fingerprint(self, *parts: str) -> str:
        """A keyed hash that stands for private values, so that they are not kept."""
        text = "\x1f".join(map(plain, parts))
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()

    def reset(self, department: str) -> None:
        """Make the department as it was on its first day."""
        with self.transaction() as db:
            self._begin(db, department)

    def _begin(self, db: sqlite3.Connection, department: str) -> None:
        """Forget what was done at a department, and put its first records in. This also happens
        in the file of an older sandbox, which had other first records."""
        tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for table in (row["name"] for row in tables):
            if table.startswith(f"{department}_"):
                db.execute(f"DELETE FROM {table}")
        for table in _SHARED:
            db.execute(f"DELETE FROM {table} WHERE department = ?", (department,))
        if department in DEPARTMENTS:
            self._put_first_records(db, department)
            values = (f"first_day/{department}", _first_day(department))
            db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", values)

    def _put_first_records(self, db: sqlite3.Connection, department: str) -> None:
        declared = load_department(department)
        for collection, rows in declared.records.items():
            for serial, row in enumerate(rows):
                record = json.dumps(row, default=str)
                values = (department, collection, serial, record)
                db.execute("INSERT INTO counter_records VALUES (?, ?, ?, ?)", values)
                place = f"{department}/{collection}/{serial}"
                for phone in phones_of(row):
                    db.execute("INSERT INTO on_record VALUES (?, ?, ?)", (department, place, phone))
        for operation, rows in declared.taken.items():
            take = declared.counters[operation].take
            assert take is not None
            for row in rows:  # without a date: it is promised from the day of asking
                subject = self.fingerprint(*(row[name] for name in take.once_for))
                taken = (department, operation, row["number"], subject, None)
                db.execute("INSERT INTO counter_taken VALUES (?, ?, ?, ?, ?)", taken)

    @contextmanager
    def _connect(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(
            self._path, timeout=10, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        try:
            yield connection
        finally:
            connection.close()


def _meta(db: sqlite3.Connection, name: str) -> str:
    """What the file says of itself; empty if it says nothing."""
    row = db.execute("SELECT value FROM meta WHERE name = ?", (name,)).fetchone()
    return row["value"] if row else ""


def _first_day(department: str) -> str:
    """A digest of what a department begins with."""
    declared = load_department(department)
    known = json.dumps([declared.records, declared.taken], sort_keys=True, default=str)
    return hashlib.sha256(known.encode()).hexdigest()


def plain(name: str) -> str:
    """A name in one form: case, spaces and Unicode composition do not matter."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


@lru_cache(maxsize=64)
def load_seed(name: str) -> dict[str, Any]:
    """`seeds/<name>.yml`: what belongs to no department."""
    seed: dict[str, Any] = load_yaml((_HERE / "seeds" / f"{name}.yml").read_text("utf-8"))
    return seed


def last_writes(store: Store, department: str, most: int | None = None) -> list[dict[str, Any]]:
    """The latest `most` committed writes of a department, or all; oldest first."""
    with store.transaction() as db:
        rows = db.execute(
            "SELECT operation, key AS idempotency_key, reference, at FROM writes"
            " WHERE department = ? ORDER BY id DESC LIMIT ?",
            (department, -1 if most is None else most),
        ).fetchall()
    return [dict(row) for row in reversed(rows)]


def next_number(db: sqlite3.Connection, name: str) -> int:
    """1, 2, 3, ... for each name. It goes on after a reset, so that no number is given twice."""
    db.execute(
        "INSERT INTO sequences VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET last = last + 1",
        (name,),
    )
    row = db.execute("SELECT last FROM sequences WHERE name = ?", (name,)).fetchone()
    return int(row["last"])
