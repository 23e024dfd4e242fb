"""A bot that keeps what WhatsApp delivers and answers as the test wants."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response

from api.whatsapp.payload import HEADER, is_signed


class RecordingBot:
    """`answers` are the HTTP statuses of the next deliveries; then 200."""

    def __init__(self, secret: str, verify_token: str) -> None:
        self.deliveries: list[dict[str, Any]] = []
        self.signed: list[bool] = []
        self.raw: list[bytes] = []
        self.answers: list[int] = []
        self.app = FastAPI()

        @self.app.get("/webhooks/whatsapp")
        async def verify(request: Request) -> Response:
            query = request.query_params
            if query.get("hub.verify_token") != verify_token:
                return Response(status_code=403)
            return PlainTextResponse(query["hub.challenge"])

        @self.app.post("/webhooks/whatsapp")
        async def deliver(request: Request) -> Response:
            body = await request.body()
            self.raw.append(body)
            self.signed.append(is_signed(body, request.headers.get(HEADER), secret))
            self.deliveries.append(await request.json())
            return Response(status_code=self.answers.pop(0) if self.answers else 200)

    def values(self, kind: str) -> list[dict[str, Any]]:
        """All `messages` or `statuses` that came, in order."""
        found = []
        for delivery in list(self.deliveries):
            found += delivery["entry"][0]["changes"][0]["value"].get(kind, [])
        return found

    def clear(self) -> None:
        """Forgets all deliveries."""
        for kept in (self.deliveries, self.signed, self.raw, self.answers):
            kept.clear()


def wait_for(found: Callable[[], Any], seconds: float = 8) -> Any:
    """The first true value of `found()`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        value = found()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"nothing came within {seconds} s")
