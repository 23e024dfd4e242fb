"""What departments and gateways send by themselves, up to the point where it is believed.

A delivery is signed, no longer than the sender's answers may be, and answered by a verdict.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, cast

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from actions.departments.connector import Connector
from actions.departments.definition import Callbacks
from actions.departments.directory import DepartmentDirectory
from actions.departments.result import CallFailed
from actions.departments.signature import Refusal, refusal
from nlu.log import get_logger
from nlu.storage.sealing import Unreadable
from nlu.trace import HEADER, TraceContext, set_attribute, span
from nlu.web.body import BodyTooLong, read_body

_LOG = get_logger(__name__)
Verdict = Literal[
    "settled",  # the write has its answer now
    "known",  # it had one before
    "pending",  # understood, but not the end of the waiting
    "unknown_department",
    "unknown_reference",
    "malformed",
    "too_long",
    "unreadable",  # what it is about is sealed by a key that we lack: deliver it again later
]
STATUS: Mapping[Verdict | Refusal, int] = {
    "settled": 204,
    "known": 204,
    "pending": 204,
    "unknown_department": 404,
    "unknown_reference": 404,
    "malformed": 400,
    "too_long": 413,
    "unreadable": 503,
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

    def refused(self, settings: Callbacks, now: float) -> Refusal | None:
        """Why it is not believed; a replay is the receiver's to find."""
        return refusal(
            settings.key,
            self.method,
            self.path,
            self.query,
            self.body,
            self.headers,
            max_age=settings.max_age,
            now=now,
        )

    def nonce(self, settings: Callbacks) -> str:
        """That of a signed one."""
        low = {name.lower(): value for name, value in self.headers.items()}
        return low[settings.key.headers.nonce.lower()]


Settle = Callable[[Connector, Any, float], Awaitable[Verdict]]
"""(connector, body, now) -> verdict. Raises CallFailed or KeyError for a body that is not in the
sender's form, Unreadable where we cannot read our own row now."""


async def receive_once(
    senders: DepartmentDirectory,
    sender: str,
    nonces: str,
    delivery: Delivery,
    settle: Settle,
    clock: Callable[[], float],
) -> Verdict | Refusal:
    """Believe or refuse a delivery, and settle what it says; `nonces` names the sender's own.

    The nonce is kept last: where settling broke, the sender may deliver the same once more.
    """
    try:
        connector = senders.connector(sender)
    except KeyError:
        return "unknown_department"
    settings, now = connector.department.callbacks, clock()
    if settings is None:
        return "unknown_department"
    why = delivery.refused(settings, now)
    if why is not None:
        return why
    nonce, verdict = delivery.nonce(settings), cast(Verdict, "malformed")
    if await asyncio.to_thread(senders.journal.seen, nonces, nonce):
        return "replay"
    try:
        verdict = await settle(connector, json.loads(delivery.body), now)
    except (CallFailed, ValueError, KeyError, RecursionError):
        pass
    except Unreadable:
        return "unreadable"
    if not await asyncio.to_thread(senders.journal.remember, nonces, nonce, now):
        return "replay"
    return verdict


Receive = Callable[[str, Delivery], Awaitable["Verdict | Refusal"]]
"""(sender, delivery) -> verdict."""


def delivery_route(path: str, senders: DepartmentDirectory, receive: Receive) -> Route:
    """The ASGI route of `path`, which has `{sender}`; serve it in the connectors' event loop."""

    async def serve(request: Request) -> Response:
        told = {"http.request.method": "POST", "http.route": path}
        caller = TraceContext.read(request.headers.get(HEADER))
        with span(f"POST {path}", "server", told, parent=caller) as one:
            response = await answered(request)
            one.set_attribute("http.response.status_code", response.status_code)
        return response

    async def answered(request: Request) -> Response:
        sender = request.path_params["sender"]
        verdict: Verdict | Refusal
        try:
            delivery = Delivery(
                request.method,
                request.scope["raw_path"].decode("ascii"),
                request.scope["query_string"].decode("ascii"),
                dict(request.headers),
                await _limited(request, senders, sender),
            )
            verdict = await receive(sender, delivery)
        except BodyTooLong:
            verdict = "too_long"
        except UnicodeDecodeError:
            verdict = "malformed"
        known = verdict != "unknown_department"  # else the name is whatever the caller wrote
        set_attribute("seva.department", sender if known else None)
        set_attribute("seva.outcome", verdict)
        _LOG.info("callback_received", sender=known and sender, verdict=verdict)
        status = STATUS[verdict]
        if status == 204:
            return Response(status_code=204)
        problem = {"type": "about:blank", "title": verdict, "status": status, "code": verdict}
        return JSONResponse(problem, status, media_type="application/problem+json")

    return Route(path, serve, methods=["POST"])


async def _limited(request: Request, senders: DepartmentDirectory, sender: str) -> bytes:
    """The body, never more of it in memory than the sender may send; nothing of a stranger's."""
    try:
        most = senders.connector(sender).department.egress.max_response_bytes
    except KeyError:
        return b""
    return await read_body(request, most)
