"""Which numbers are on record for what: seeds, and what was made through the counters."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actions.sandbox.first_records import load_seed
from nlu.fast_yaml import load_yaml

_INDIA, _NATIONAL = "91", 10
_SHOWN = 4


def national(phone: str) -> str:
    """A number without its signs: ten digits for one of India, however it is written. Others keep
    their plus: +960 777 1234 has ten digits too, and is none of India's."""
    digits = "".join(sign for sign in phone if sign in "0123456789")
    if digits.startswith(_INDIA) and len(digits) == len(_INDIA) + _NATIONAL:
        return digits[len(_INDIA) :]
    return f"+{digits}" if phone.startswith("+") else digits


def masked(phone: str) -> str:
    """`******3210`."""
    return "*" * (len(phone) - _SHOWN) + phone[-_SHOWN:]


def request_key(key: str) -> str:
    """The name under which a write is on record until its Idempotency-Key is forgotten."""
    return f"key/{key}"


@dataclass(frozen=True)
class OnRecord:
    """One department's numbers. Where a number is on record, those of its household are too."""

    department: str
    households: Mapping[str, frozenset[str]]

    def put(self, db: sqlite3.Connection, record: str, phones: Iterable[str]) -> None:
        """These numbers are on record too, after those that are."""
        for phone in phones:
            db.execute(
                "INSERT OR IGNORE INTO on_record VALUES (?, ?, ?)",
                (self.department, record, national(phone)),
            )

    def made(self, db: sqlite3.Connection, key: str, record: str) -> None:
        """What a write made belongs to the number that sent it; to nobody if none was named."""
        self.put(db, record, self.phones(db, request_key(key)))

    def phones(self, db: sqlite3.Connection, record: str) -> tuple[str, ...]:
        """The numbers on record, in the order in which they came; an SMS goes to the first."""
        rows = db.execute(
            "SELECT phone FROM on_record WHERE department = ? AND record = ? ORDER BY rowid",
            (self.department, record),
        )
        return tuple(row["phone"] for row in rows)

    def holds(self, db: sqlite3.Connection, record: str, phone: str) -> bool:
        """Whether `phone` is on record, or one of a household that is."""
        known = self.phones(db, record)
        return phone in known or any(phone in self.households.get(one, ()) for one in known)


def read_households(file: Path | None = None) -> dict[str, frozenset[str]]:
    """Households of the seeds, with those of `file` (the same form) where there is one."""
    named: dict[str, list[str]] = dict(load_seed("access")["households"])
    if file is not None:
        more: dict[str, Any] = load_yaml(file.read_text("utf-8")) or {}
        for number, phones in more.items():
            named[number] = [*named.get(number, ()), *phones]
    return {national(n): frozenset(map(national, phones)) for n, phones in named.items()}
