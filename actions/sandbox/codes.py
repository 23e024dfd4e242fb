"""One-time codes: six digits for one sender, one record and one purpose, sent by SMS."""

from __future__ import annotations

import hmac
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from actions.sandbox.first_records import load_seed
from actions.sandbox.problem import Problem
from actions.sandbox.store import Store

_DIGITS = 6


@dataclass(frozen=True)
class Bound:
    """What a code is good for, and nothing else."""

    department: str
    sender: str
    record: str
    purpose: str


@dataclass(frozen=True)
class Codes:
    """The codes that are open, in the caller's transaction; none is kept, only its keyed hash."""

    store: Store
    clock: Callable[[], float]

    def opened(self, db: sqlite3.Connection, bound: Bound, given: str | None, key: str) -> bool:
        """Whether the sender may go on: a right code was given, now or within its ten minutes.

        A code opens one write, which is known by its `key` (empty for a read) and may be asked for
        again. Raises nothing: `refusal` says why not.
        """
        row = self._row(db, bound)
        if row is None or self._over(row):
            return False
        right = given is None or self._is(bound, given, row["digest"])
        if given is None and row["opened"] is None:
            return False
        if not right or (key and row["opened"] not in (None, "", key)):
            return False
        opened = key or row["opened"] or ""
        self._update(db, bound, "opened = ?", opened)
        return True

    def refusal(self, db: sqlite3.Connection, bound: Bound) -> Problem:
        """Why a code that was given does not open: it counts as a try."""
        row, rules = self._row(db, bound), load_seed("access")["codes"]
        if row is not None and row["opened"] is None and not self._over(row):
            self._update(db, bound, "tries = tries + ?", 1)
            left = rules["tries"] - row["tries"] - 1
            if left:
                return Problem(401, "code_wrong", "Not that code", tries_left=left)
        return Problem(401, "code_over", "That code is over")

    def stands(self, db: sqlite3.Connection, bound: Bound) -> bool:
        """Whether a code was sent a moment ago, so that the same call sends no second one."""
        row = self._row(db, bound)
        if row is None or row["opened"] is not None or self._over(row):
            return False
        again_after: float = load_seed("access")["codes"]["again_after_s"]
        return self.clock() < float(row["sent_at"]) + again_after

    def draw(self, db: sqlite3.Connection, bound: Bound) -> str:
        """A new code, in place of any before it."""
        code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
        db.execute(
            "INSERT OR REPLACE INTO codes VALUES (?, ?, ?, ?, 0, NULL)",
            (bound.department, self._name(bound), self._digest(bound, code), self.clock()),
        )
        life: float = load_seed("access")["codes"]["life_s"]
        db.execute("DELETE FROM codes WHERE sent_at < ?", (self.clock() - 2 * life,))
        return code

    def _over(self, row: sqlite3.Row) -> bool:
        rules = load_seed("access")["codes"]
        old = self.clock() >= float(row["sent_at"]) + rules["life_s"]
        return bool(old or row["tries"] >= rules["tries"])

    def _is(self, bound: Bound, given: str, digest: str) -> bool:
        return hmac.compare_digest(self._digest(bound, given), digest)

    def _row(self, db: sqlite3.Connection, bound: Bound) -> sqlite3.Row | None:
        row: sqlite3.Row | None = db.execute(
            "SELECT * FROM codes WHERE department = ? AND bound = ?",
            (bound.department, self._name(bound)),
        ).fetchone()
        return row

    def _update(self, db: sqlite3.Connection, bound: Bound, what: str, value: object) -> None:
        db.execute(
            f"UPDATE codes SET {what} WHERE department = ? AND bound = ?",
            (value, bound.department, self._name(bound)),
        )

    def _name(self, bound: Bound) -> str:
        return self.store.fingerprint(bound.sender, bound.record, bound.purpose)

    def _digest(self, bound: Bound, code: str) -> str:
        return self.store.fingerprint(self._name(bound), code)
