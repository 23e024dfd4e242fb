"""Requests handed over to a person: what was asked, what was told, what went wrong.

A record is found by the number that the citizen was told and holds one sealed token. Staff answer
by number (`actions.handover_commands`); their words reach the citizen as a notice.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from actions.dialogue.steps import Handover
from actions.notices import Notice, Notify
from nlu.storage.sealing import keyed_hash, seal, unseal
from nlu.storage.write_ahead import write_ahead

FILE = "handover.sqlite"
_TABLE = """CREATE TABLE IF NOT EXISTS handover (
    number TEXT PRIMARY KEY, request TEXT NOT NULL UNIQUE, opened REAL NOT NULL,
    closed INTEGER NOT NULL DEFAULT 0, told TEXT NOT NULL
)"""
_NUMBERS = 1_000_000  # six digits: short enough to say on the telephone


@dataclass(frozen=True)
class Case:
    """A record as staff see it."""

    number: str
    citizen: str
    record: Handover
    closed: bool


class Handovers:
    """Records in a SQLite file; each call is a transaction of its own."""

    def __init__(self, path: Path) -> None:
        """Makes the file and its folder where they are missing."""
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._open()) as store, store:
            write_ahead(store)
            store.execute(_TABLE)

    def open(self, citizen: str, record: Handover) -> str:
        """Keeps a record and gives its number; the same request gets the same number, with what
        is known of it now."""
        request = keyed_hash(f"{citizen}:{record.request}", "handover")
        told = seal({"citizen": citizen, "record": asdict(record)})
        with closing(self._open()) as store:
            store.isolation_level = None
            store.execute("BEGIN IMMEDIATE")
            row = store.execute(
                "SELECT number FROM handover WHERE request = ?", [request]
            ).fetchone()
            number = str(row[0]) if row else _free(store)
            store.execute(
                "INSERT INTO handover (number, request, opened, told) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (request) DO UPDATE SET told = excluded.told, closed = 0",
                [number, request, record.at, told],
            )
            store.execute("COMMIT")
        return number

    def case(self, number: str) -> Case:
        """The record of a number. Raises KeyError where there is none that this key opens."""
        with closing(self._open()) as store:
            row = store.execute(
                "SELECT told, closed FROM handover WHERE number = ?", [number]
            ).fetchone()
        told = unseal(row[0]) if row else None
        if not isinstance(told, dict):
            raise KeyError(number)
        return Case(number, told["citizen"], Handover(**told["record"]), bool(row[1]))

    def is_closed(self, number: str) -> bool | None:
        """Whether a person is done with the record; None for an unknown number."""
        with closing(self._open()) as store:
            row = store.execute("SELECT closed FROM handover WHERE number = ?", [number]).fetchone()
        return bool(row[0]) if row else None

    def waiting(self) -> list[str]:
        """Numbers that no person has answered yet, the oldest first."""
        return self.numbers(everything=False)

    def numbers(self, *, everything: bool) -> list[str]:
        """Numbers of all records, or of those that wait, the oldest first."""
        with closing(self._open()) as store:
            rows = store.execute(
                "SELECT number FROM handover WHERE closed = 0 OR ? ORDER BY opened", [everything]
            )
            return [str(row[0]) for row in rows]

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
        with closing(self._open()) as store, store:
            store.execute("UPDATE handover SET closed = ? WHERE number = ?", [closed, number])

    def forget(self, before: float) -> tuple[int, int]:
        """Deletes what was opened before that moment; how many, and how many of them nobody had
        answered."""
        with closing(self._open()) as store, store:
            store.execute("PRAGMA secure_delete=ON")
            old = store.execute("SELECT closed FROM handover WHERE opened < ?", [before]).fetchall()
            store.execute("DELETE FROM handover WHERE opened < ?", [before])
        return len(old), sum(not row[0] for row in old)

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=10)


def _free(store: sqlite3.Connection) -> str:
    """A number that is not taken."""
    while True:
        number = f"{secrets.randbelow(_NUMBERS):06d}"
        if not store.execute("SELECT 1 FROM handover WHERE number = ?", [number]).fetchone():
            return number
