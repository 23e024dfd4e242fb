"""Answers that departments send by themselves: signed, not replayed, and only to what we asked.

`POST /callbacks/<department>` with the headers of the department's `callbacks:` block. The body is
read as the answer of the operation that `callback:` names, status 200.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import jmespath
from starlette.routing import Router

from actions.departments.connector import Connector
from actions.departments.delivery import Delivery, Verdict, delivery_route, receive_once
from actions.departments.directory import DepartmentDirectory
from actions.departments.inquiry import in_between, is_told, late_answer
from actions.departments.journal import Entry, Journal
from actions.departments.signature import Refusal
from nlu.catalogue.department import Callback
from nlu.trace import TraceContext, current, span


async def receive(
    departments: DepartmentDirectory,
    department: str,
    delivery: Delivery,
    clock: Callable[[], float] = time.time,
) -> Verdict | Refusal:
    """Believe or refuse a callback; what it settles is in the journal when this returns."""
    settle = partial(_settle, departments.journal)
    return await receive_once(departments, department, department, delivery, settle, clock)


async def _settle(journal: Journal, connector: Connector, body: Any, now: float) -> Verdict:
    found = await _entry(connector, journal, body)
    if found is None:
        return "unknown_reference"
    entry, callback = found
    told = {"seva.department": entry.write.department, "seva.operation": entry.write.operation}
    here = current()
    with span(
        "settle write",
        "consumer",
        told,
        parent=TraceContext.read(entry.write.context.origin.trace),
        links=[here.context] if here else (),
    ):
        return await _kept(journal, connector, entry, callback, body, now)


async def _kept(
    journal: Journal, connector: Connector, entry: Entry, callback: Callback, body: Any, now: float
) -> Verdict:
    """What the body changes in the entry that it refers to."""
    operation = connector.department.operations[entry.write.operation]
    read = connector.read(callback.operation, 200, body, entry.write.context.language)
    answer = late_answer(operation, read)
    if answer is not None:
        changes = {"state": "settled", "result": answer, "news": False}
        return "settled" if await _moved(journal, entry, due_at=now, **changes) else "known"
    change = in_between(operation, entry.result, read)
    if change is not None and is_told(operation, change):
        # Callbacks may come late and out of order: the department is asked how it is now.
        await _moved(journal, entry, due_at=now)
    return "pending"


async def _moved(journal: Journal, entry: Entry, **changes: Any) -> bool:
    """Whether the entry was changed; not where it is settled."""
    here: Entry | None = entry
    while here is not None and here.state != "settled":
        if await asyncio.to_thread(partial(journal.move, here, **changes)) is not None:
            return True
        key = entry.write.context.request_id
        here = await asyncio.to_thread(journal.find, entry.write.department, key)
    return False


async def _entry(
    connector: Connector, journal: Journal, body: object
) -> tuple[Entry, Callback] | None:
    """The write that the body refers to, by whichever operation's `reference` fits."""
    for name, operation in connector.department.operations.items():
        callback = operation.callback
        key = jmespath.search(callback.reference, body) if callback else None
        if callback is None or not isinstance(key, str):
            continue
        entry = await asyncio.to_thread(journal.find, connector.department.id, key)
        if entry is not None and entry.write.operation == name:
            return entry, callback
    return None


def build_callbacks(
    departments: DepartmentDirectory, clock: Callable[[], float] = time.time
) -> Router:
    """The ASGI route; serve it where departments can reach it, in the connectors' event loop."""

    async def received(department: str, delivery: Delivery) -> Verdict | Refusal:
        return await receive(departments, department, delivery, clock)

    return Router([delivery_route("/callbacks/{sender}", departments, received)])
