"""One write from intent to answer: never sent twice where that could do it twice.

Intent is in the journal before anything is sent. After a time-out or a broken answer the
department is asked whether the write arrived; only a clear no lets it be sent again, with the same
Idempotency-Key.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from actions.departments.definition import DepartmentDefinition
from actions.departments.exchange import Tries
from actions.departments.inquiry import Call, ask_status
from actions.departments.journal import Entry, Journal, Write
from actions.departments.result import UNAVAILABLE, CallFailed, OperationResult
from nlu.catalogue.department import Operation
from nlu.log import get_logger
from nlu.storage.sealing import Unreadable

_LOG = get_logger(__name__)
Post = Callable[[Write, Tries, "str | None"], Any]
"""Sends a write once, with a one-time code where there is one: its result. Raises `CallFailed`."""


@dataclass(frozen=True)
class Writes:
    """Carries out the writes of one department."""

    department: DepartmentDefinition
    journal: Journal
    post: Post
    call: Call
    clock: Callable[[], float] = time.time

    async def execute(self, write: Write, tries: Tries, code: str | None = None) -> OperationResult:
        """The answer within the total time. Raises `CallFailed`. The code is sent, not kept: what
        was refused for want of it is sent again under the same key."""
        operation = self.department.operations[write.operation]
        total = self.department.timeouts.total
        entry = Entry(write, "sending", self.clock() + total, due_at=self._due(operation))
        entry = replace(entry, until=self.clock() + self.department.settle.during)
        known = await self._journalled(self.journal.open, entry)
        if known is not None:
            if _differs(known.write, write):
                known = await self._replaced(known, write)
            if known.state in ("settled", "pending") and known.result is not None:
                return await self._told(known)
        deadline = self.clock() + total
        attempt = _Attempt(self, operation, known or entry, tries, deadline, code)
        try:
            result = await asyncio.wait_for(attempt.run(fresh=known is None), total)
        except (CallFailed, asyncio.TimeoutError) as error:
            failure = error if isinstance(error, CallFailed) else attempt.out_of_time()
            return await self._failed(attempt.entry, operation, failure)
        return await self._answered(attempt.entry, operation, result)

    async def _replaced(self, known: Entry, write: Write) -> Entry:
        """The entry with what is asked for now; only where nothing of before may have arrived."""
        if known.state != "unsent" or known.write.operation != write.operation:
            raise CallFailed("request", "the key belongs to another request")
        changed = await self._journalled(partial(self.journal.move, write=write), known)
        if changed is None:
            raise CallFailed("journal", "another call has this write in hand")
        return changed  # type: ignore[no-any-return]

    def _due(self, operation: Operation) -> float | None:
        """When a write without an answer is asked after."""
        if operation.status_query is None:
            return None
        return self.clock() + self.department.timeouts.total + self.department.settle.every

    async def _told(self, entry: Entry) -> OperationResult:
        """The answer that is known already; nobody needs to bring it to the citizen again."""
        if entry.state == "settled" and entry.due_at is not None:
            await self._kept(entry, due_at=None)
        assert entry.result is not None
        return entry.result

    async def _answered(
        self, entry: Entry, operation: Operation, result: OperationResult
    ) -> OperationResult:
        changes = waiting(operation, self.clock()) if result.pending else {"due_at": None}
        state = "pending" if result.pending else "settled"
        here: Entry | None = entry
        while here is not None:
            if await self._kept(here, state=state, result=result, **changes) is not None:
                return result
            here = await self._read(entry.write)
            if here is not None and here.state == "settled" and here.result is not None:
                return await self._told(here)  # a callback was faster: it is the later word
        return result

    async def _failed(
        self, entry: Entry, operation: Operation, failure: CallFailed
    ) -> OperationResult:
        result = OperationResult(UNAVAILABLE, reason=failure.reason)
        if not failure.may_be_done:
            changed = await self._kept(entry, state="unsent", result=result, due_at=None)
        else:
            due = self._due(operation)
            changed = await self._kept(entry, state="unsure", result=result, due_at=due)
        if changed is None:
            now = await self._read(entry.write)
            if now is not None and now.state in ("settled", "pending") and now.result is not None:
                return await self._told(now)
        raise failure

    async def again(self, entry: Entry) -> Entry:
        """The entry on its way once more. Raises `CallFailed` if another call was faster."""
        latest = self.clock() + self.department.timeouts.total
        changed = await self._journalled(
            lambda: self.journal.move(entry, state="sending", sent_by=latest)
        )
        if changed is None:
            raise CallFailed("journal", "another call has this write in hand")
        return changed

    async def _journalled(self, change: Callable[..., Any], *arguments: Any) -> Any:
        """A change that must be on disk before anything is sent."""
        try:
            return await asyncio.to_thread(change, *arguments)
        except (SQLAlchemyError, OSError) as error:
            raise CallFailed("journal", type(error).__name__) from error

    async def _kept(self, entry: Entry, **changes: Any) -> Entry | None:
        """What came of it; an answer is told even where it cannot be kept."""
        try:
            return await asyncio.to_thread(lambda: self.journal.move(entry, **changes))
        except (SQLAlchemyError, OSError) as error:
            _LOG.error("journal", department=self.department.id, error=type(error).__name__)
            return entry

    async def _read(self, write: Write) -> Entry | None:
        try:
            return await asyncio.to_thread(
                self.journal.find, write.department, write.context.request_id
            )
        except (SQLAlchemyError, OSError, Unreadable):
            return None


class _Attempt:
    """The tries of one execution; `entry` is as the journal has it."""

    def __init__(
        self,
        writes: Writes,
        operation: Operation,
        entry: Entry,
        tries: Tries,
        deadline: float,
        code: str | None,
    ) -> None:
        self._writes = writes
        self._operation = operation
        self.entry = entry
        self._tries = tries
        self._deadline = deadline
        self._code = code
        self._posted = False

    async def run(self, *, fresh: bool) -> OperationResult:
        """The answer. Raises `CallFailed`."""
        failure: CallFailed | None = None
        unanswered = not fresh and self.entry.state in ("sending", "unsure")
        doubtful = unanswered and self._operation.status_query is None
        if not fresh and self.entry.state in ("sending", "unsure"):
            known = self.entry.result and self.entry.result.reason
            failure = CallFailed(known or "timeout", "of an earlier try")
        elif not fresh:
            self.entry = await self._writes.again(self.entry)
        left = self._writes.department.retry.attempts
        while True:
            if failure is None:
                left -= 1
                try:
                    self._posted = True
                    result: OperationResult = await self._writes.post(
                        self.entry.write, self._tries, self._code
                    )
                    return result
                except CallFailed as error:
                    error.earlier = doubtful
                    if not error.may_be_done:
                        raise
                    failure = error
                    self.entry = replace(self.entry, sent_by=self._writes.clock())
            found = await self._found(failure)
            if found is not None:
                return found
            if left <= 0:
                raise failure
            self.entry = await self._writes.again(self.entry)
            failure = None

    def out_of_time(self) -> CallFailed:
        """The failure where the total time is up."""
        return CallFailed("timeout", "total time is up", sent=not self._posted or self._sent())

    def _sent(self) -> bool:
        return self._tries.count > 0

    async def _found(self, failure: CallFailed) -> OperationResult | None:
        """The answer of an earlier try, or None if the write may be sent. Raises `CallFailed`."""
        query = self._operation.status_query
        if query is None:
            if not self._operation.idempotent:
                raise CallFailed("unsure", f"after {failure.reason}: {failure.detail}")
            if self._posted:
                raise failure  # the citizen decides whether to ask again, with the same key
            return None
        while True:
            answer = await ask_status(self._operation, self.entry.write, self._writes.call)
            if isinstance(answer, OperationResult):
                return answer
            wait = self.entry.sent_by + query.not_found_after - self._writes.clock()
            if answer == "not_found" and wait <= 0:
                return None
            if answer == "unknown" or self._writes.clock() + wait >= self._deadline:
                raise failure
            await asyncio.sleep(wait)


def _differs(one: Write, other: Write) -> bool:
    return (one.operation, dict(one.values)) != (other.operation, dict(other.values))


def waiting(operation: Operation, now: float) -> dict[str, float | None]:
    """`due_at` and `until` of a write that is answered later."""
    poll, callback = operation.poll, operation.callback
    longest = max(part.during for part in (poll, callback) if part is not None)
    return {"due_at": now + (poll.every if poll else longest), "until": now + longest}
