"""Who asks a department: the sender's number and a one-time code in headers, and what it refuses.

The one place that knows these answers; no operation maps them itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from actions.departments.request import Context
from actions.departments.result import CallFailed, OperationResult
from nlu.catalogue.department import Operation

CODE_NEEDED, CODE_WRONG, CODE_OVER = "code_needed", "code_wrong", "code_over"
NO_NUMBER, NO_SENDER, TOO_MANY = "no_number", "no_sender", "too_many"
MISSED_TOO_OFTEN = "missed_too_often"
CODE_OUTCOMES = frozenset({CODE_NEEDED, CODE_WRONG, CODE_OVER})
"""After which the call may be made once more, with a code."""
_UNAUTHORISED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404
_E164 = re.compile(r"[1-9][0-9]{7,14}")
_SHOWN = 4


@dataclass(frozen=True)
class SenderHeaders:
    """Names of the headers that carry the sender's number and a code."""

    phone: str
    code: str


class AccessRefused(CallFailed):
    """The department did nothing, because of who asks; `result` says what is missing."""

    def __init__(self, result: OperationResult, status: int | None = None) -> None:
        """`status` is None where the department was not even called."""
        sent = status is not None
        super().__init__("status" if sent else "request", result.outcome, status=status, sent=sent)
        self.result = result


def sender_of(lane: str, phone: str = "") -> str | None:
    """The sender's number in E.164: the one that WhatsApp verified with the message, else that of
    the lane `phone_number_id:phone`. None where WhatsApp names the citizen by a user id alone. What
    a citizen says is never the sender."""
    ours, _, citizen = lane.rpartition(":")
    number = phone or (citizen if ours else "")
    return f"+{number}" if _E164.fullmatch(number) else None


def sender_headers(
    operation: Operation, names: SenderHeaders | None, context: Context, code: str | None
) -> dict[str, str]:
    """What a call says of its sender; what a write makes belongs to them, so that a public one
    says it too. Raises `AccessRefused` where somebody must be named and cannot."""
    phone = sender_of(context.citizen, context.origin.phone)
    if operation.access == "public":
        return {names.phone: phone} if names and phone and operation.kind == "write" else {}
    if phone is None or names is None:
        raise AccessRefused(OperationResult(NO_SENDER))
    given = {names.code: code} if code and operation.access == "code" else {}
    return {names.phone: phone, **given}


def raise_if_refused(operation: Operation, status: int, body: object) -> None:
    """Raises `AccessRefused` for an answer that is about who asks, `CallFailed` for half a one."""
    if operation.access == "public" or not about_sender(status, body):
        return
    assert isinstance(body, Mapping)
    outcome = body["code"]
    if outcome in CODE_OUTCOMES and operation.access != "code":
        raise CallFailed("status", f"{operation.name} asks for a code", status=status)
    try:
        fields = {name: read(body[name]) for name, read in _FIELDS[status, outcome].items()}
    except (KeyError, ValueError) as error:
        raise CallFailed("schema", f"{status}: {error}", status=status) from None
    raise AccessRefused(OperationResult(outcome, fields, missed=True), status)


def about_sender(status: int, body: object) -> bool:
    """Whether a refusal is about the sender or a code, and not about our credentials."""
    code = body.get("code") if isinstance(body, Mapping) else None
    return isinstance(code, str) and (status, code) in _FIELDS


def is_miss(operation: Operation, status: int) -> bool:
    """Whether an answer tells that a record is not there, or not the sender's."""
    return operation.access != "public" and status == _NOT_FOUND


def _last_digits(value: Any) -> str:
    """Never more of somebody's number than its end, whatever the department sends."""
    digits = "".join(char for char in str(value) if char in "0123456789")
    if not digits:
        raise ValueError("sent_to has no digits")
    return digits[-_SHOWN:]


def _count(value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError("tries_left is no number")
    return str(value)


_FIELDS: Mapping[tuple[int, str], Mapping[str, Callable[[Any], str]]] = {
    (_UNAUTHORISED, CODE_NEEDED): {"sent_to": _last_digits},
    (_UNAUTHORISED, CODE_WRONG): {"tries_left": _count},
    (_UNAUTHORISED, CODE_OVER): {},
    (_FORBIDDEN, NO_NUMBER): {},
    (_FORBIDDEN, TOO_MANY): {},
}
"""What each refusal tells besides."""
