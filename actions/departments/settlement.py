"""Settles writes that nobody waits for any more, and brings their answers to the citizen.

A task beside the action server: asks after lost answers, polls for answers that come later, and
hands each answer to `on_settled`, again until that returns.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from actions.departments.connector import Connector
from actions.departments.directory import DepartmentDirectory
from actions.departments.inquiry import (
    ask_later,
    ask_status,
    in_between,
    is_told,
    late_answer,
)
from actions.departments.journal import Entry
from actions.departments.result import UNAVAILABLE, CallFailed, OperationResult
from actions.departments.writes import waiting
from nlu.catalogue.department import Operation
from nlu.log import get_logger
from nlu.trace import TraceContext, span

_LOG = get_logger(__name__)
OnSettled = Callable[[Entry, OperationResult], Awaitable[None]]
"""Tells the citizen; called at least once for an answer, so it must bear being called again."""
BATCH = 50
_SERVER_ERROR = 500
_TOLD_AGAIN = 10.0
"""Seconds, at most, until an answer that could not be brought to the citizen is tried again."""


async def take_up(step: Callable[[], Awaitable[int]], every: float, name: str) -> None:
    """Takes up all that is due, every so many seconds, until it is cancelled. `step` takes up to
    `BATCH` of it and says how many; while the database is away it is tried again."""
    while True:
        try:
            while await step() == BATCH:
                pass
        except (SQLAlchemyError, OSError) as error:
            _LOG.error(name, error=type(error).__name__)
        await asyncio.sleep(every)


class Settlement:
    """The open writes of all departments; belongs to the event loop of their connectors."""

    def __init__(
        self,
        departments: DepartmentDirectory,
        on_settled: OnSettled,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._departments = departments
        self._journal = departments.journal
        self._on_settled = on_settled
        self._clock = clock

    async def run(self, every: float) -> None:
        """Work every so many seconds until cancelled."""
        await take_up(self.step, every, "settlement")

    async def step(self) -> int:
        """Take up what is due now, once; how many entries."""
        due = await asyncio.to_thread(self._journal.due, self._clock(), BATCH)
        await asyncio.gather(*(self._take(entry) for entry in due))
        return len(due)

    async def _take(self, entry: Entry) -> None:
        try:
            connector = self._departments.connector(entry.write.department)
            operation = connector.department.operations[entry.write.operation]
        except KeyError:  # the department or operation is gone from the data
            await self._move(entry, due_at=None)
            return
        every = connector.department.settle.every
        lease = self._clock() + connector.department.timeouts.total + every
        held = await self._move(entry, due_at=lease)  # no other process works on it meanwhile
        if held is None:
            return
        told = {"seva.department": entry.write.department, "seva.operation": operation.name}
        asked_in = TraceContext.read(entry.write.context.origin.trace)
        with span("settle write", "consumer", told, parent=asked_in):
            await self._settle(held, operation, connector)

    async def _settle(self, held: Entry | None, operation: Operation, connector: Connector) -> None:
        """What follows for an entry that this process holds, in the trace of its message."""
        assert held is not None
        if held.state == "pending" and not held.news:
            held = await self._poll(held, operation, connector)
        elif held.state in ("sending", "unsure"):
            held = await self._ask(held, operation, connector)
        if held is None or held.due_at is None:
            return
        if held.state == "settled":
            await self._tell(held, connector, due_at=None)
        elif held.news:
            next_at = waiting(operation, self._clock())["due_at"]
            await self._tell(held, connector, due_at=next_at, news=False)

    async def _poll(self, entry: Entry, operation: Operation, connector: Connector) -> Entry | None:
        said, deaf = None, False
        try:
            said = await ask_later(operation, entry.write, connector.ask)
        except CallFailed as failure:
            deaf = failure.status is None or failure.status >= _SERVER_ERROR
        now = self._clock()
        end = said and late_answer(operation, said)
        if end is None and entry.until is not None and now >= entry.until:
            end = OperationResult(UNAVAILABLE, reason="overdue")
        if end is not None:
            return await self._move(entry, state="settled", result=end, due_at=now)
        next_at = waiting(operation, now)["due_at"]
        if deaf:  # not a whole round later
            soon = min(next_at or now, now + connector.department.settle.every)
            return await self._move(entry, due_at=soon)
        change = said and in_between(operation, entry.result, said)
        if change is None:
            return await self._move(entry, due_at=next_at)
        if is_told(operation, change):
            return await self._move(entry, result=change, news=True, due_at=now)
        return await self._move(entry, result=change, due_at=next_at)

    async def _ask(self, entry: Entry, operation: Operation, connector: Connector) -> Entry | None:
        answer = await ask_status(operation, entry.write, connector.ask)
        now, query = self._clock(), operation.status_query
        if isinstance(answer, OperationResult):
            if answer.pending:
                changes = {"state": "pending", **waiting(operation, now)}
            else:
                changes = {"state": "settled", "due_at": now}
            return await self._move(entry, result=answer, **changes)
        late = query is not None and now >= entry.sent_by + query.not_found_after
        if answer == "not_found" and late:
            # Not done, and the citizen was told to try again: nothing is sent behind their back.
            return await self._move(entry, state="unsent", due_at=None)
        over = query is None or (entry.until is not None and now >= entry.until)
        due = None if over else now + connector.department.settle.every
        return await self._move(entry, state="unsure", due_at=due)

    async def _tell(self, entry: Entry, connector: Connector, **told: Any) -> None:
        """Brings the answer to the citizen; then `told` changes, or it is told again later."""
        assert entry.result is not None
        try:
            result = await connector.documented(entry.write, entry.result)
            await self._on_settled(entry, result)
        except Exception as error:  # whatever keeps the citizen from being told: later again
            _LOG.error("on_settled", department=entry.write.department, error=type(error).__name__)
            again = min(connector.department.settle.every, _TOLD_AGAIN)
            await self._move(entry, due_at=self._clock() + again)
        else:
            await self._move(entry, **told)

    async def _move(self, entry: Entry, **changes: Any) -> Entry | None:
        return await asyncio.to_thread(lambda: self._journal.move(entry, **changes))
