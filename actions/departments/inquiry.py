"""Asks a department what came of a write: after a lost answer, or for one that comes later."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Literal

from actions.departments.journal import Write
from actions.departments.result import CallFailed, OperationResult
from nlu.catalogue.department import Operation


@dataclass(frozen=True)
class Asked:
    """What a read says about a write; `own`: it repeats the write's own answer."""

    result: OperationResult
    own: bool = False


Call = Callable[[str, Write], Awaitable[Asked]]
"""Executes an operation with the values and the context of a write. Raises `CallFailed`."""
Unanswered = Literal["not_found", "unknown"]


async def ask_status(
    operation: Operation, write: Write, call: Call
) -> OperationResult | Unanswered:
    """The write's own answer, `not_found`, or `unknown` where nobody can be asked."""
    query = operation.status_query
    if query is None:
        return "unknown"
    try:
        asked = await call(query.operation, write)
    except CallFailed:
        return "unknown"
    result = asked.result
    if asked.own or result.outcome in (query.found or ()):
        return as_answer(operation, result)
    return "not_found" if result.outcome in query.not_found else "unknown"


async def ask_later(operation: Operation, write: Write, call: Call) -> OperationResult | None:
    """What the department says of a pending write now. Raises `CallFailed`."""
    if operation.poll is None:
        return None
    return (await call(operation.poll.operation, write)).result


async def ask_in(
    operation: Operation, write: Write, call: Call, language: str
) -> OperationResult | None:
    """What the department says of a write with a later answer now, in another language; None where
    it says nothing."""
    asked = operation.poll or operation.callback
    if asked is None:
        return None
    try:
        in_it = replace(write, context=replace(write.context, language=language))
        return (await call(asked.operation, in_it)).result
    except CallFailed:
        return None


def late_answer(operation: Operation, result: OperationResult) -> OperationResult | None:
    """What a poll or a callback says, if it ends the waiting of `operation`."""
    ends = {row.outcome for row in operation.outcomes if not row.pending}
    return result if not result.pending and result.outcome in ends else None


def in_between(
    operation: Operation, known: OperationResult | None, said: OperationResult
) -> OperationResult | None:
    """What a poll or a callback says, if it is another pending answer than the one known."""
    pending = {row.outcome for row in operation.outcomes if row.pending}
    if said.outcome not in pending or (known is not None and said.outcome == known.outcome):
        return None
    return replace(said, pending=True)


def is_told(operation: Operation, result: OperationResult) -> bool:
    """Whether the citizen is told of a pending answer when it comes."""
    return any(row.told for row in operation.outcomes if row.outcome == result.outcome)


def as_answer(operation: Operation, result: OperationResult) -> OperationResult:
    """A status query's result as the write's; pending where the write's outcome is."""
    pending = {row.outcome for row in operation.outcomes if row.pending}
    return replace(result, pending=result.outcome in pending)
