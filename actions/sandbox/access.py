"""Who may see what: every call of every department passes `Guard.admit`, and is done only then."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.concurrency import run_in_threadpool

from actions.sandbox.codes import Bound, Codes
from actions.sandbox.first_records import load_seed
from actions.sandbox.on_record import OnRecord, masked, national, request_key
from actions.sandbox.problem import Problem, not_found
from actions.sandbox.sms import Sms, SmsOutbox
from actions.sandbox.store import Store
from nlu.fast_yaml import load_yaml

PUBLIC, OWNER, CODE = "public", "owner", "code"
_E164 = re.compile(r"\+[1-9][0-9]{7,14}")


@dataclass(frozen=True)
class Record:
    """What a call is about: the name that numbers are on record for, and what an SMS calls it.

    An empty name is the sender's own list: it holds nothing of others.
    """

    name: str
    number: str = ""


Entered = Mapping[str, Any]
"""Path, query and body values of a call together."""
Find = Callable[[sqlite3.Connection, Entered], "Record | None"]
OWN_LIST = Record("")


@dataclass(frozen=True)
class About:
    """How an operation finds its record, and what it answers where there is none."""

    find: Find
    missing: Callable[[], Problem]


def named(field_name: str, what: str) -> About:
    """An operation whose record is on record by the very value that was sent."""
    return About(
        lambda db, entered: Record(str(entered.get(field_name)), str(entered.get(field_name))),
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
class Guard:
    """Stands before one department."""

    policy: Mapping[str, str]
    store: Store
    on_record: OnRecord
    codes: Codes
    sms: SmsOutbox
    about: dict[str, About] = field(default_factory=dict)
    """By operation; filled while the counters are built."""

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
        """Whether this sender's write was done: asked again, it is answered again."""
        name = request_key(call.key)
        if not call.key or self.on_record.phones(db, name) != (call.sender,):
            return False
        query = "SELECT 1 FROM keyed_answers WHERE department = ? AND key = ? AND operation = ?"
        known = db.execute(query, (self.on_record.department, call.key, call.operation))
        return known.fetchone() is not None

    def _refusal(
        self, db: sqlite3.Connection, access: str, call: _Call
    ) -> tuple[Problem | None, Sms | None]:
        """What stands against a call, and the message that goes out with it."""
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
        self, db: sqlite3.Connection, record: Record, call: _Call
    ) -> tuple[Problem | None, Sms | None]:
        phones, department = self.on_record.phones(db, record.name), self.on_record.department
        if not phones:
            return Problem(403, "no_number", "No number is on record"), None
        purpose = load_seed("access")["together"].get(call.operation, call.operation)
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
    """The number that Seva has verified; believed, as it comes with the department's own key."""
    phone = request.headers.get("x-citizen-phone", "")
    return national(phone) if _E164.fullmatch(phone) else None


async def _entered(request: Request) -> Entered:
    try:
        body = await request.json() if await request.body() else {}
    except ValueError:
        body = {}
    return entered(request, body if isinstance(body, Mapping) else {})


def entered(request: Request, body: Mapping[str, Any]) -> dict[str, Any]:
    """All values of a call; what stands in the path is what the call is about."""
    return {**body, **request.query_params, **request.path_params}


def _language(request: Request) -> str:
    known = load_seed("access")["sms"]["text"]
    asked = request.headers.get("accept-language", "")
    return asked if asked in known else "en"
