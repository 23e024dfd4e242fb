"""Switches that make a sandbox department misbehave, so that our own behaviour can be seen."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Literal

from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Mode = Literal["none", "slow", "down", "wrong", "error", "lost"]


@dataclass
class Fault:
    """What goes wrong now.

    slow: answers after `delay_s`; down: 503; wrong: JSON that breaks the schema; error: 500;
    lost: does the work, then breaks the connection before the answer. `times`: only that many
    requests, None for all until changed.
    """

    mode: Mode = "none"
    delay_s: float = 3.0
    times: int | None = None


class FaultyApp:
    """Wraps a department's app and applies its fault; its OpenAPI document is spared."""

    def __init__(self, app: ASGIApp) -> None:
        self.fault = Fault()
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, well or badly."""
        spared = scope["type"] != "http" or scope["path"].endswith("/openapi.json")
        mode = "none" if spared else self._take()
        if mode == "slow":
            await asyncio.sleep(self.fault.delay_s)
        if mode in ("none", "slow"):
            await self._app(scope, receive, send)
        elif mode == "lost":
            await self._app(scope, receive, _discard)
            # A body shorter than announced makes the server break the connection.
            headers = [(b"content-length", b"1000"), (b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"{", "more_body": True})
        else:
            await _BAD_ANSWERS[mode](scope, receive, send)

    def _take(self) -> Mode:
        fault = self.fault
        if fault.mode == "none" or fault.times is None:
            return fault.mode
        mode = fault.mode
        fault.times -= 1
        if fault.times <= 0:
            self.fault = Fault(delay_s=fault.delay_s)
        return mode


async def _discard(message: Message) -> None:
    """An answer that goes nowhere."""


_BAD_ANSWERS = {
    "down": Response("Service Unavailable", 503, {"Connection": "close"}),
    "wrong": JSONResponse({"unexpected": [1, 2, 3], "amount": "many"}),
    "error": Response("Traceback (most recent call last): ...", 500, media_type="text/plain"),
}
