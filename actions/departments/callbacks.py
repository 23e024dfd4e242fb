"""Answers that departments send by themselves: signed, not replayed, and only to what we asked.

`POST /callbacks/<department>` with the headers of the department's `callbacks:` block. The body is
read as the answer of the operation that `callback:` names, status 200.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

import jmespath
import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, Router

from actions.departments.connector import Connector
from actions.departments.directory import DepartmentDirectory
from actions.departments.inquiry import late_answer
from actions.departments.journal import Entry, Journal
from actions.departments.result import CallFailed, OperationResult
from actions.departments.signature import Refusal, refusal
from nlu.catalogue.model import Callback

_LOG = structlog.get_logger("seva.departments")
Verdict = Literal[
    "settled",  # the write has its answer now
    "known",  # it had one before
    "pending",  # understood, but not the end of the waiting
    "unknown_department",
    "unknown_reference",
    "malformed",
    "too_long",
]
STATUS: Mapping[Verdict | Refusal, int] = {
    "settled": 204,
    "known": 204,
    "pending": 204,
    "unknown_department": 404,
    "unknown_reference": 404,
    "malformed": 422,
    "too_long": 413,
    "unsigned": 401,
    "key": 401,
    "signature": 401,
    "timestamp": 401,
    "replay": 409,
}
"""HTTP status of each verdict; of what is refused the problem's `code` is the verdict's name."""


@dataclass(frozen=True)
class Delivery:
    """A callback as it came: `path` and `query` as sent."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


async def receive(
    departments: DepartmentDirectory,
    department: str,
    delivery: Delivery,
    clock: Callable[[], float] = time.time,
) -> Verdict | Refusal:
    """Believe or refuse a callback; what it settles is in the journal when this returns."""
    journal = departments.journal
    try:
        connector = departments.connector(department)
    except KeyError:
        return "unknown_department"
    settings, now = connector.department.callbacks, clock()
    if settings is None:
        return "unknown_department"
    why = refusal(
        settings.key,
        delivery.method,
        delivery.path,
        delivery.query,
        delivery.body,
        delivery.headers,
        max_age=settings.max_age,
        now=now,
    )
    if why is not None:
        return why
    low = {name.lower(): value for name, value in delivery.headers.items()}
    nonce = low[settings.key.headers.nonce.lower()]
    if await asyncio.to_thread(journal.seen, department, nonce):
        return "replay"
    verdict = await _settle(connector, journal, delivery.body, now)
    # Kept last: where settling broke, the department may deliver the same once more.
    if not await asyncio.to_thread(journal.remember, department, nonce, now):
        return "replay"
    return verdict


async def _settle(connector: Connector, journal: Journal, content: bytes, now: float) -> Verdict:
    try:
        body = json.loads(content)
    except ValueError:
        return "malformed"
    found = await _entry(connector, journal, body)
    if found is None:
        return "unknown_reference"
    entry, callback = found
    operation = connector.department.operations[entry.write.operation]
    try:
        read = connector.read(callback.operation, 200, body, entry.write.context.language)
    except CallFailed:
        return "malformed"
    answer = late_answer(operation, read)
    return "pending" if answer is None else await _kept(journal, entry, answer, now)


async def _kept(journal: Journal, entry: Entry, answer: OperationResult, now: float) -> Verdict:
    settle = partial(journal.move, state="settled", result=answer, due_at=now)
    here: Entry | None = entry
    while here is not None and here.state != "settled":
        if await asyncio.to_thread(settle, here) is not None:
            return "settled"
        key = entry.write.context.request_id
        here = await asyncio.to_thread(journal.find, entry.write.department, key)
    return "known"


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

    async def serve(request: Request) -> Response:
        department = request.path_params["department"]
        verdict: Verdict | Refusal
        try:
            delivery = Delivery(
                request.method,
                request.scope["raw_path"].decode("ascii"),
                request.scope["query_string"].decode("ascii"),
                dict(request.headers),
                await _limited(request, departments, department),
            )
            verdict = await receive(departments, department, delivery, clock)
        except _TooLong:
            verdict = "too_long"
        except UnicodeDecodeError:
            verdict = "malformed"
        known = verdict != "unknown_department"  # else the name is whatever the caller wrote
        _LOG.info("department_callback", department=known and department, verdict=verdict)
        status = STATUS[verdict]
        if status == 204:
            return Response(status_code=204)
        problem = {"type": "about:blank", "title": verdict, "status": status, "code": verdict}
        return JSONResponse(problem, status, media_type="application/problem+json")

    return Router([Route("/callbacks/{department}", serve, methods=["POST"])])


class _TooLong(Exception):
    """The body is longer than the department's answers may be."""


async def _limited(request: Request, departments: DepartmentDirectory, department: str) -> bytes:
    try:
        most = departments.connector(department).department.egress.max_response_bytes
    except KeyError:
        return b""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > most:
            raise _TooLong
    return bytes(content)
