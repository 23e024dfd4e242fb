"""The WhatsApp of a run: brings signed deliveries to the webhook, takes what the deployment sends,
and tells what became of it."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from api.load.crowd import Option
from api.load.plan import Manner
from api.whatsapp.payload import HEADER, sign
from nlu.settings.settings import Settings

_TOGETHER = 50  # statuses of one delivery
_EVERY_S = 0.1
_CONNECTIONS = 256

Heard = Callable[[str, str, Sequence[Option]], None]
"""Called with tracker, words and options of each message that the deployment sends."""


class WhatsApp:
    """Both directions; lives in one event loop."""

    def __init__(self, webhook: str, settings: Settings, manner: Manner, heard: Heard) -> None:
        self._webhook, self._settings, self._manner = webhook, settings, manner
        self._heard, self._chance = heard, Random(0)
        self._numbers = itertools.count(1)
        self._owed: list[dict[str, Any]] = []
        self._telling = False
        limits = httpx.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS)
        self._client = httpx.AsyncClient(trust_env=False, timeout=30, limits=limits)

    @property
    def app(self) -> Starlette:
        """What the deployment's SEVA_WHATSAPP_BASE_URL leads to."""
        path = "/{version}/{number}"
        routes = [
            Route(f"{path}/messages", self._messages, methods=["POST"]),
            Route(f"{path}/media", self._media, methods=["POST"]),
        ]
        return Starlette(routes=routes)

    async def handshake(self) -> str:
        """What is wrong with the way to the webhook; empty where Meta's verification succeeds."""
        query = {
            "hub.mode": "subscribe",
            "hub.challenge": "seva-load",
            "hub.verify_token": self._settings.whatsapp_verify_token,
        }
        try:
            answer = await self._client.get(self._webhook, params=query)
        except httpx.HTTPError as error:
            return f"{self._webhook} does not answer ({type(error).__name__})"
        if answer.text != "seva-load":
            return (
                f"{self._webhook} does not take the handshake (status {answer.status_code}): "
                "SEVA_WHATSAPP_VERIFY_TOKEN must be here what it is there"
            )
        return ""

    async def deliver(
        self, citizen: str, message_id: str, content: dict[str, Any], refused: Callable[[str], None]
    ) -> None:
        """A citizen's message, brought until it is taken; `refused` hears why it was not."""
        message = {
            "from": citizen,
            "id": message_id,
            "timestamp": str(int(time.time())),
            **content,
        }
        contact = {"profile": {"name": "Load"}, "wa_id": citizen}
        await self._until_taken({"contacts": [contact], "messages": [message]}, refused)

    async def tell(self) -> None:
        """Statuses of what was sent, many in a delivery, until it is cancelled."""
        while True:
            some, self._owed = self._owed[:_TOGETHER], self._owed[_TOGETHER:]
            if some:
                self._telling = True
                await self._until_taken({"statuses": some}, lambda _: None)
                self._telling = False
            else:
                await asyncio.sleep(_EVERY_S)

    async def told_all(self) -> None:
        """Returns once no status is owed any more: a deployment would wait for it in vain."""
        while self._owed or self._telling:
            await asyncio.sleep(_EVERY_S)

    async def close(self) -> None:
        """Closes connections."""
        await self._client.aclose()

    async def _until_taken(self, value: dict[str, Any], refused: Callable[[str], None]) -> None:
        number = self._settings.whatsapp_phone_number_id
        value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": number}, **value}
        change = {"field": "messages", "value": value}
        whole = {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": [change]}]}
        body = json.dumps(whole).encode()
        headers = {HEADER: sign(body, self._settings.whatsapp_app_secret)}
        headers["Content-Type"] = "application/json"
        for tries in itertools.count():
            try:
                answer = await self._client.post(self._webhook, content=body, headers=headers)
                if answer.status_code == 200:
                    return
                refused(str(answer.status_code))
            except httpx.HTTPError as error:
                refused(type(error).__name__)
            waits = self._manner.waits
            await asyncio.sleep(waits[min(tries, len(waits) - 1)])

    async def _messages(self, request: Request) -> Response:
        body: dict[str, Any] = {}
        try:
            body = await request.json()
        except ClientDisconnect:  # given up before it was read: it was not taken
            return Response(status_code=400)
        except ValueError:
            pass
        if "status" in body:
            return JSONResponse({"success": True})
        tracker, kind = str(body.get("biz_opaque_callback_data", "")), str(body.get("type", ""))
        to = str(body.get("to") or body.get("recipient"))
        message_id = f"wamid.load.out.{time.time_ns()}.{next(self._numbers)}"
        states = ["sent", "delivered"]
        states += ["read"] * (self._chance.random() < self._manner.read)
        self._owed += [
            {
                "id": message_id,
                "status": state,
                "timestamp": str(int(time.time())),
                "recipient_id": to,
                "biz_opaque_callback_data": tracker,
            }
            for state in states
        ]
        self._heard(tracker, *_read(kind, body.get(kind)))
        return JSONResponse({"messaging_product": "whatsapp", "messages": [{"id": message_id}]})

    async def _media(self, request: Request) -> Response:
        await request.body()
        return JSONResponse({"id": str(next(self._numbers))})


def _read(kind: str, content: Any) -> tuple[str, list[Option]]:
    """Words and options of a message as the Cloud API writes it."""
    content = content if isinstance(content, dict) else {}
    words = content.get("body") or content.get("caption") or ""
    words = words.get("text", "") if isinstance(words, dict) else words
    action = content.get("action") or {}
    buttons = [button["reply"] for button in action.get("buttons", ())]
    rows = [row for section in action.get("sections", ()) for row in section["rows"]]
    options = [Option(one["id"], one["title"], not buttons) for one in buttons or rows]
    return str(words), options if kind == "interactive" else []
