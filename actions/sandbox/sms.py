"""SMS of the sandbox: kept for its page, and brought to the phones of the simulator."""

from __future__ import annotations

import datetime
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from actions.sandbox.clock import INDIA
from actions.sandbox.first_records import load_seed
from actions.sandbox.on_record import masked
from actions.sandbox.store import Store
from nlu.log import get_logger

_LOG = get_logger(__name__)
_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class Sms:
    """One message as a phone shows it; `to` is in E.164."""

    to: str
    sender: str
    text: str


@dataclass(frozen=True)
class SmsOutbox:
    """Writes messages in the caller's transaction; `bring` them once it is committed."""

    store: Store
    clock: Callable[[], float]
    url: str | None
    """Where messages are posted; None: nowhere."""

    def allowed(self, db: sqlite3.Connection, to: str, asked_by: str) -> bool:
        """Whether one more may go to a number, and be asked for by a sender, within this hour."""
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
        """The message that carries a code: what it is for, and the end of the number that asks."""
        words = load_seed("access")["sms"]
        text = words["text"][language].format(
            number=number or words["record"][language], code=code, asked_by=masked(asked_by)
        )
        sender = words["senders"][department]
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
        """To the simulator's phone, once; who has none reads the sandbox's page."""
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
