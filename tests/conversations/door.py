"""Stands before the action server and lets chosen calls of it fail, as a server that dies does."""

from __future__ import annotations

import json

import httpx
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Receive, Scope, Send

from nlu.action_address import authorization
from tests.processes import ACTIONS_SECRET

_HEADERS = {"Content-Type": "application/json", **authorization(ACTIONS_SECRET)}


class Door:
    """An ASGI app. `calls` are the actions that were called since `reset`."""

    def __init__(self, target: str) -> None:
        self._target = target
        self._client = httpx.AsyncClient(trust_env=False, timeout=60)
        self.reset()

    def reset(self, broken: int | None = None, after: bool = False) -> None:
        """From now on the call of that number fails, once; `after` its work was done."""
        self.calls: list[str] = []
        self._broken, self._after = broken, after

    @property
    def broke(self) -> bool:
        """Whether the call of that number came, and failed."""
        return self._broken is not None and len(self.calls) > self._broken

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes one call on."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        body = await request.body()
        number = len(self.calls)
        self.calls.append(json.loads(body)["next_action"])
        answer: Response = PlainTextResponse("gone", 500)
        if number != self._broken or self._after:
            passed = await self._client.post(self._target, content=body, headers=_HEADERS)
            if number != self._broken:
                answer = Response(passed.content, passed.status_code, media_type="application/json")
        await answer(scope, receive, send)
