"""Who may see what: every call of every department passes `Guard.admit`, and is done only then.

Who is not on record for a number may show a one-time code: six digits for one sender, one record
and one purpose, sent by SMS to the number that is on record.
"""

from __future__ import annotations

import hmac
import re
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from actions.sandbox.phones import OnRecord, Sms, SmsOutbox, masked, national, request_key
from actions.sandbox.problem import Problem, not_found
from actions.sandbox.store import Store, load_seed
from nlu.fast_yaml import load_yaml

PUBLIC, OWNER, CODE = "public", "owner", "code"
_DIGITS = 6
_E164 = re.compile(r"\+[1-9][0-9]{7,14}")


@dataclass(frozen=True)
class Subject:
    """What a call is about: the name that numbers are on record for, and what an SMS calls it.

    An empty name is the sender's own list: it holds nothing of others.
    """

    name: str
    number: str = ""


Entered = Mapping[str, Any]
"""Path, query and body values of a call together."""
OWN_LIST = Subject("")


@dataclass(frozen=True)
class About:
    """How the guard finds what an operation is about, and what it answers if there is nothing."""

    find: Callable[[sqlite3.Connection, Entered], Subject | None]
    missing: Callable[[], Problem]


def named(field_name: str, what: str) -> About:
    """An operation about what is on record under the very value that was sent."""
    return About(
        lambda db, entered: Subject(str(entered.get(field_name)), str(entered.get(field_name))),
        lambda: not_found(what),
    )


def read_policy(file: Path) -> dict[str, str]:
    """Operation -> access, as the department's file says. Raises ValueError for another word."""
    raw = load_yaml(file.read_text("utf-8"))["operations"]
    policy = {name: operation.get("access", "") for name, operation in raw.items()}
    wrong = [name for name, access in policy.items() if access not in (PUBLIC, OWNER, CODE)]
    if wrong:
        raise ValueError(f"{file}: who may use {', '.join(wrong)}?")
    return policy


@dataclass(frozen=True)
class Bound:
    """What a code is good for, and nothing else."""

    department: str
    sender: str
    record: str
    purpose: str


@dataclass(frozen=True)
class Codes:
    """The codes that were sent, in the caller's transaction. Only a keyed hash of each is kept."""

    store: Store
    clock: Callable[[], float]

    def opened(self, db: sqlite3.Connection, bound: Bound, given: str | None, key: str) -> bool:
        """Whether the sender may go on: a right code was given, now or within its ten minutes.

        A code opens one write, which is known by its `key` (empty for a read) and may be sent
        again. `refusal` says why a code does not open.
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
        """Why a code that was given does not open. It counts as a try."""
        row, rules = self._row(db, bound), load_seed("access")["codes"]
        if row is not None and row["opened"] is None and not self._over(row):
            self._update(db, bound, "tries = tries + ?", 1)
            left = rules["tries"] - row["tries"] - 1
            if left:
                return Problem(401, "code_wrong", "Not that code", tries_left=left)
        return Problem(401, "code_over", "That code is over")

    def stands(self, db: sqlite3.Connection, bound: Bound) -> bool:
        """Whether a code was sent a moment ago: then the same call sends no second one."""
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


@dataclass(frozen=True)
class Guard:
    """Decides for each call of one department whether it may be done."""

    policy: Mapping[str, str]
    store: Store
    on_record: OnRecord
    codes: Codes
    sms: SmsOutbox
    about: dict[str, About] = field(default_factory=dict)
    """By operation; filled while the department is built."""
    purposes: dict[str, str] = field(default_factory=dict)
    """The operation whose code opens an operation; by default its own."""

    def unguarded(self, served: Iterable[str]) -> list[str]:
        """Operations of these that have no policy, or are not public and about no record."""
        return [n for n in served if self.policy.get(n) != PUBLIC and n not in self.about]

    async def admit(self, request: Request, operation: str) -> None:
        """Returns if the sender may have the operation done. Raises Problem."""
        access, sender = self.policy[operation], sender_of(request)
        if access != PUBLIC and sender is None:
            raise Problem(401, "no_sender", "Nobody says who asks")
        key = request.headers.get("idempotency-key", "")
        if access == PUBLIC and not key:
            return
        call = _Call(
            operation,
            await _entered(request),
            sender or "",
            request.headers.get("x-citizen-code"),
            key,
            _language(request),
        )
        await run_in_threadpool(self._admit, access, call)

    def _admit(self, access: str, call: _Call) -> None:
        with self.store.transaction() as db:
            refused, sms = None, None
            if access != PUBLIC and not self._answered(db, call):
                refused, sms = self._refusal(db, access, call)
            if refused is None and call.key and call.sender:
                self.on_record.put(db, request_key(call.key), [call.sender])
        if sms is not None:
            self.sms.bring(sms)
        if refused is not None:
            raise refused

    def _answered(self, db: sqlite3.Connection, call: _Call) -> bool:
        """Whether this sender's write was done before: sent again, it gets the same answer."""
        name = request_key(call.key)
        if not call.key or self.on_record.phones(db, name) != (call.sender,):
            return False
        query = "SELECT 1 FROM keyed_answers WHERE department = ? AND key = ? AND operation = ?"
        known = db.execute(query, (self.on_record.department, call.key, call.operation))
        return known.fetchone() is not None

    def _refusal(
        self, db: sqlite3.Connection, access: str, call: _Call
    ) -> tuple[Problem | None, Sms | None]:
        """The problem that a call is refused with, if any, and the SMS that goes out with it."""
        about = self.about[call.operation]
        record = about.find(db, call.entered)
        if record == OWN_LIST:
            return None, None
        if record is not None and self.on_record.holds(db, record.name, call.sender):
            return None, None
        if record is None or access == OWNER:
            return about.missing(), None
        return self._by_code(db, record, call)

    def _by_code(
        self, db: sqlite3.Connection, record: Subject, call: _Call
    ) -> tuple[Problem | None, Sms | None]:
        phones, department = self.on_record.phones(db, record.name), self.on_record.department
        if not phones:
            return Problem(403, "no_number", "No number is on record"), None
        purpose = self.purposes.get(call.operation, call.operation)
        bound = Bound(department, call.sender, record.name, purpose)
        if self.codes.opened(db, bound, call.code, call.key):
            return None, None
        if call.code is not None:
            return self.codes.refusal(db, bound), None
        to, sms = phones[0], None
        if not self.codes.stands(db, bound):
            if not self.sms.allowed(db, to, call.sender):
                return Problem(403, "too_many", "Too many codes were sent"), None
            code = self.codes.draw(db, bound)
            told = {"number": record.number, "code": code, "language": call.language}
            sms = self.sms.write(db, department, to=to, asked_by=call.sender, **told)
        return Problem(401, "code_needed", "A code is needed", sent_to=masked(to)), sms


@dataclass(frozen=True)
class _Call:
    """What is known of a call before it is done; `key` is empty for reads."""

    operation: str
    entered: Entered
    sender: str
    code: str | None
    key: str
    language: str


def sender_of(request: Request) -> str | None:
    """The number that Seva has verified. It is believed, as the call has the department's key."""
    phone = request.headers.get("x-citizen-phone", "")
    return national(phone) if _E164.fullmatch(phone) else None


async def _entered(request: Request) -> Entered:
    try:
        body = await request.json() if await request.body() else {}
    except ValueError:
        body = {}
    return entered(request, body if isinstance(body, Mapping) else {})


def entered(request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
    """All values of a call. A value of the path wins, as it says what the call is about."""
    return {**body, **request.query_params, **request.path_params}


def _language(request: Request) -> str:
    known = load_seed("access")["sms"]["text"]
    asked = request.headers.get("accept-language", "")
    return asked if asked in known else "en"
