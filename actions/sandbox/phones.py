"""Phones: which numbers are on record for what, and the SMS that go to them."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from actions.sandbox.clock import INDIA
from actions.sandbox.counter import load_department
from actions.sandbox.store import Store, load_seed
from nlu.fast_yaml import load_yaml
from nlu.log import get_logger

_LOG = get_logger(__name__)
_TIMEOUT_S = 2.0
_INDIA, _NATIONAL = "91", 10
_SHOWN = 4


def national(phone: str) -> str:
    """A number without spaces and signs. One of India is its ten digits, however it is written;
    others keep their plus, because +960 777 1234 has ten digits too."""
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
    """The numbers on record at one department. Those of their households count as well."""

    department: str
    households: Mapping[str, frozenset[str]]

    def put(self, db: sqlite3.Connection, record: str, phones: Iterable[str]) -> None:
        """Add numbers behind those that are on record."""
        for phone in phones:
            db.execute(
                "INSERT OR IGNORE INTO on_record VALUES (?, ?, ?)",
                (self.department, record, national(phone)),
            )

    def made(self, db: sqlite3.Connection, key: str, record: str) -> None:
        """Give what a write made to the number that sent it, if the write named one."""
        self.put(db, record, self.phones(db, request_key(key)))

    def phones(self, db: sqlite3.Connection, record: str) -> tuple[str, ...]:
        """The numbers on record for something, the oldest first. An SMS goes to the first."""
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
    """The households of `seeds/access.yml`, and those of `file`, which has the same form."""
    named: dict[str, list[str]] = dict(load_seed("access")["households"])
    if file is not None:
        more: dict[str, Any] = load_yaml(file.read_text("utf-8")) or {}
        for number, phones in more.items():
            named[number] = [*named.get(number, ()), *phones]
    return {national(n): frozenset(map(national, phones)) for n, phones in named.items()}


@dataclass(frozen=True)
class Sms:
    """One message as a phone shows it; `to` is in E.164."""

    to: str
    sender: str
    text: str


@dataclass(frozen=True)
class SmsOutbox:
    """Writes messages in the caller's transaction. `bring` takes them to the phone once it is
    committed."""

    store: Store
    clock: Callable[[], float]
    url: str | None
    """Where messages are posted; None for nowhere."""

    def allowed(self, db: sqlite3.Connection, to: str, asked_by: str) -> bool:
        """Whether one more SMS may be sent in this hour, to this number and for this sender."""
        rules = load_seed("access")["codes"]
        since = self.clock() - rules["hour_s"]

        def count(column: str, value: str) -> int:
            query = f"SELECT count(*) AS count FROM sms WHERE {column} = ? AND at > ?"
            return int(db.execute(query, (value, since)).fetchone()["count"])

        if count("phone", to) >= rules["to_one_number"]:
            return False
        return count("asked_by", self.store.fingerprint(asked_by)) < rules["by_one_sender"]

    def write(
        self,
        db: sqlite3.Connection,
        department: str,
        *,
        to: str,
        asked_by: str,
        number: str,
        code: str,
        language: str,
    ) -> Sms:
        """Write the message with a code: what it is for, and the last digits of who asks."""
        words = load_seed("access")["sms"]
        text = words["text"][language].format(
            number=number or words["record"][language], code=code, asked_by=masked(asked_by)
        )
        sender = load_department(department).sms_sender
        db.execute(
            "INSERT INTO sms (department, phone, asked_by, sender, text, at)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (department, to, self.store.fingerprint(asked_by), sender, text, self.clock()),
        )
        db.execute(
            "DELETE FROM sms WHERE id <= (SELECT max(id) FROM sms) - ? AND at < ?",
            (words["kept"], self.clock() - load_seed("access")["codes"]["hour_s"]),
        )
        return Sms(_international(to), sender, text)

    def bring(self, sms: Sms) -> None:
        """Post the message to the simulator, once. The sandbox's page shows it as well."""
        if self.url is None:
            return
        try:
            with httpx.Client(timeout=_TIMEOUT_S, trust_env=False) as client:
                client.post(self.url, json=vars(sms)).raise_for_status()
        except httpx.HTTPError as error:
            _LOG.info("sms", error=type(error).__name__)

    def latest(self, most: int, phone: str | None = None) -> list[dict[str, Any]]:
        """The latest messages, or those to one number; the latest first."""
        where, values = ("WHERE phone = ?", [phone]) if phone else ("", [])
        with self.store.transaction() as db:
            rows = db.execute(
                f"SELECT department, phone, sender, text, at FROM sms {where}"
                " ORDER BY id DESC LIMIT ?",
                (*values, most),
            ).fetchall()
        return [
            {**dict(row), "at": datetime.datetime.fromtimestamp(row["at"], INDIA).isoformat()}
            for row in rows
        ]


def _international(phone: str) -> str:
    """E.164 of a number on record; ten digits are India's."""
    if phone.startswith("+"):
        return phone
    return f"+91{phone}" if len(phone) == 10 else f"+{phone}"
