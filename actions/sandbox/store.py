"""The sandbox's SQLite file: transactions, seeds, sequences and reset."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from actions.sandbox.first_records import sow, sow_numbers, sow_records
from actions.sandbox.names import plain
from nlu.storage.write_ahead import write_ahead

_HERE = Path(__file__).parent
DEPARTMENTS = (
    "endowments",
    "energy",
    "apsrtc",
    "revenue",
    "land",
    "canteens",
    "cmrf",
    "municipal",
    "grievances",
)
_SHARED = (
    *("keyed_answers", "writes", "orders", "counter_records", "counter_taken"),
    *("on_record", "codes", "sms"),
)


class Store:
    """One database file for all departments; every transaction has its own connection."""

    def __init__(self, database: Path) -> None:
        self._path = database
        database.parent.mkdir(parents=True, exist_ok=True)
        with self._connect() as connection:
            write_ahead(connection)
            connection.executescript((_HERE / "schema.sql").read_text("utf-8"))
        with self.transaction() as db:
            new = db.execute("SELECT 1 FROM meta WHERE name = 'secret'").fetchone() is None
            if new:
                db.execute("INSERT INTO meta VALUES ('secret', ?)", (secrets.token_hex(16),))
            row = db.execute("SELECT value FROM meta WHERE name = 'secret'").fetchone()
            self._secret = bytes.fromhex(row["value"])
            if new:
                for department in DEPARTMENTS:
                    sow(db, department, self.fingerprint)
            elif db.execute("SELECT 1 FROM grievances_grievances").fetchone() is None:
                sow(db, "grievances", self.fingerprint)  # the file is older than this department
            self._sow_new_counters(db)

    @staticmethod
    def _sow_new_counters(db: sqlite3.Connection) -> None:
        """Records of counters, and numbers on record, that came after the file was made."""
        for department in DEPARTMENTS:
            where = "SELECT 1 FROM counter_records WHERE department = ? LIMIT 1"
            if db.execute(where, (department,)).fetchone() is None:
                sow_records(db, department)
            where = "SELECT 1 FROM on_record WHERE department = ? LIMIT 1"
            if db.execute(where, (department,)).fetchone() is None:
                sow_numbers(db, department)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: all or nothing, one at a time."""
        with self._connect() as connection:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()

    def fingerprint(self, *parts: str) -> str:
        """A keyed hash that stands for private values, so that none is kept."""
        text = "\x1f".join(map(plain, parts))
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()

    def reset(self, department: str) -> None:
        """The department as on its first day."""
        with self.transaction() as db:
            tables = db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
            for table in (row["name"] for row in tables):
                if table.startswith(f"{department}_"):
                    db.execute(f"DELETE FROM {table}")
            for table in _SHARED:
                db.execute(f"DELETE FROM {table} WHERE department = ?", (department,))
            sow(db, department, self.fingerprint)

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
    """1, 2, 3, ... for each name; survives a reset, so that no number is given twice."""
    db.execute(
        "INSERT INTO sequences VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET last = last + 1",
        (name,),
    )
    row = db.execute("SELECT last FROM sequences WHERE name = ?", (name,)).fetchone()
    return int(row["last"])
