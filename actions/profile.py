"""What a citizen allowed us to remember for their next request: a store of its own, sealed.

A row is found by a keyed hash of the sender and holds one token. Without consent the row says only
that; nothing here is ever written to Rasa's tracker.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path

from actions.dialogue.state import Profile
from nlu.storage.sealing import Unreadable, keyed_hash, seal, unseal
from nlu.storage.write_ahead import write_ahead

FILE = "profile.sqlite"
_TABLE = """CREATE TABLE IF NOT EXISTS profile (
    citizen TEXT PRIMARY KEY, consent INTEGER NOT NULL, told TEXT, used REAL NOT NULL DEFAULT 0
)"""
_DAY = 86400.0


class Profiles:
    """Profiles in a SQLite file; each call is a transaction of its own."""

    def __init__(self, path: Path, most: int, clock: Callable[[], float] = time.time) -> None:
        """`most`: values kept of one type, the latest first."""
        self._path, self._most, self._clock = path, most, clock
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._open()) as store, store:
            write_ahead(store)
            store.execute(_TABLE)
            columns = [row[1] for row in store.execute("PRAGMA table_info(profile)")]
            if "used" not in columns:  # a file of before profiles were forgotten by age
                store.execute("ALTER TABLE profile ADD COLUMN used REAL NOT NULL DEFAULT 0")
                store.execute("UPDATE profile SET used = ?", [clock()])

    def of(self, citizen: str) -> Profile:
        """What is remembered of a citizen; consent None where they were never asked."""
        now, name = self._clock(), _hash(citizen)
        with closing(self._open()) as store, store:
            row = store.execute(
                "SELECT consent, told, used FROM profile WHERE citizen = ?", [name]
            ).fetchone()
            if row is None:
                return Profile()
            if now - row[2] > _DAY:  # not in each turn
                store.execute("UPDATE profile SET used = ? WHERE citizen = ?", [now, name])
        try:
            values = unseal(row[1]) if row[1] else {}
        except Unreadable:
            values = {}
        return Profile(bool(row[0]), {name: tuple(some) for name, some in values.items()})

    def remember(self, citizen: str, values: Mapping[str, str]) -> None:
        """Adds the values of slot types, with the citizen's consent."""
        known = self.of(citizen).values
        merged = dict(known)
        for name, value in values.items():
            others = [other for other in known.get(name, ()) if other != value]
            merged[name] = (value, *others)[: self._most]
        self._put(citizen, consent=True, told=seal(merged))

    def refuse(self, citizen: str) -> None:
        """Deletes everything but that the citizen does not want to be remembered, or asked."""
        self._put(citizen, consent=False, told=None)

    def forget(self, before: float) -> int:
        """Deletes what was not used since that moment, consent and refusal too; how many."""
        with closing(self._open()) as store, store:
            store.execute("PRAGMA secure_delete=ON")
            return store.execute("DELETE FROM profile WHERE used < ?", [before]).rowcount

    def _put(self, citizen: str, *, consent: bool, told: str | None) -> None:
        with closing(self._open()) as store, store:
            store.execute("PRAGMA secure_delete=ON")
            store.execute(
                "INSERT OR REPLACE INTO profile (citizen, consent, told, used) VALUES (?, ?, ?, ?)",
                [_hash(citizen), consent, told, self._clock()],
            )

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self._path, timeout=10)


def _hash(citizen: str) -> str:
    return keyed_hash(citizen, "profile")
