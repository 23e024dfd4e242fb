"""Switches that make a sandbox department misbehave, so that our own behaviour can be seen."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from actions.sandbox import clock
from actions.sandbox.problem import MEDIA_TYPE, Problem

Mode = Literal[
    "none",
    "slow",
    "late",
    "down",
    "maintenance",
    "wrong",
    "error",
    "lost",
    "timeout_after_commit",
    "duplicate",
]
DELAYS: Mapping[Mode, float] = {
    "slow": 3,
    "late": 20,
    "timeout_after_commit": 20,
    "maintenance": 3600,
}
"""Seconds, where the switch gives none. The other modes have no delay."""


@dataclass
class Fault:
    """What goes wrong now.

    slow: answers after `delay_s`; late: does the work after `delay_s`, when the caller is gone;
    down: 503; maintenance: 503 that says until when, `delay_s` from now; wrong: JSON that breaks
    the schema; error: 500; lost: does the work, then breaks the connection before the answer;
    timeout_after_commit: does the work, then keeps silent for `delay_s`; duplicate: takes every
    request twice. `times`: only that many requests, None for all until changed.
    """

    mode: Mode = "none"
    delay_s: float | None = None
    times: int | None = None

    @property
    def delay(self) -> float:
        """How long it takes, in seconds."""
        return DELAYS.get(self.mode, 0) if self.delay_s is None else self.delay_s


class FaultyApp:
    """Wraps a department's app and applies its fault. The OpenAPI document is always served."""

    def __init__(self, app: ASGIApp) -> None:
        self.fault = Fault()
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request as the fault says."""
        spared = scope["type"] != "http" or scope["path"].endswith("/openapi.json")
        fault = Fault() if spared else self._take()
        if fault.mode in ("slow", "late"):
            body = await _whole(receive)  # the caller may be gone when the work begins
            await asyncio.sleep(fault.delay)
            await self._app(scope, _again(body), send)
        elif fault.mode == "duplicate":
            body = await _whole(receive)
            await self._app(scope, _again(body), _discard)
            await self._app(scope, _again(body), send)
        elif fault.mode == "timeout_after_commit":
            await self._app(scope, receive, _discard)
            await _silence(receive, fault.delay)
        elif fault.mode == "lost":
            await self._app(scope, receive, _discard)
            # A body shorter than announced makes the server break the connection.
            headers = [(b"content-length", b"1000"), (b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"{", "more_body": True})
        elif fault.mode == "maintenance":
            await _maintenance(fault.delay)(scope, receive, send)
        elif fault.mode == "none":
            await self._app(scope, receive, send)
        else:
            await _BAD_ANSWERS[fault.mode](scope, receive, send)

    def _take(self) -> Fault:
        fault = self.fault
        if fault.mode != "none" and fault.times is not None:
            left = fault.times - 1
            self.fault = Fault(fault.mode, fault.delay_s, left) if left > 0 else Fault()
        return fault


async def _whole(receive: Receive) -> bytes:
    """Read the whole body of a request."""
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return body
        body += message.get("body", b"")
        if not message.get("more_body", False):
            return body


def _again(body: bytes) -> Receive:
    """Gives a body that was read before, once more."""
    left: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return left.pop() if left else {"type": "http.disconnect"}

    return receive


async def _silence(receive: Receive, seconds: float) -> None:
    """Wait until the caller hangs up, or the time is over."""

    async def hung_up() -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    try:
        await asyncio.wait_for(hung_up(), seconds)
    except asyncio.TimeoutError:
        return


async def _discard(message: Message) -> None:
    """Throw a part of an answer away."""


def _maintenance(seconds: float) -> Response:
    until = clock.now() + datetime.timedelta(seconds=seconds)
    problem = Problem(503, "maintenance", "Closed for maintenance", until=until.isoformat())
    headers = {"Retry-After": str(max(1, round(seconds)))}
    return JSONResponse(problem.body, 503, headers, media_type=MEDIA_TYPE)


_BAD_ANSWERS = {
    "down": Response("Service Unavailable", 503, {"Connection": "close"}),
    "wrong": JSONResponse({"unexpected": [1, 2, 3], "amount": "many"}),
    "error": Response("Traceback (most recent call last): ...", 500, media_type="text/plain"),
}
