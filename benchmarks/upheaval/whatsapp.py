"""A WhatsApp of few words: takes Seva's messages, books them on disk before it answers, and tells
what became of each until Seva answers 200.

Started anew after a `kill -9` it goes on where its book ends. Run as
`python -m benchmarks.upheaval.whatsapp PORT BOOK WEBHOOK SEED LOST`.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import deque
from pathlib import Path
from random import Random
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from api.whatsapp.payload import HEADER, sign
from benchmarks.upheaval.book import Book, BookReader
from nlu.settings.settings import Settings

_STATES = ("sent", "delivered")
_AT_ONCE = 20  # statuses in one delivery, at most
_EVERY_S = 0.1
_LATE, _LATE_S = 0.1, 3.0  # how many statuses are late, and by how much at most


class WhatsApp:
    """Books sends and tells their statuses."""

    def __init__(
        self, book: Path, webhook: str, seed: int, lost: float, settings: Settings
    ) -> None:
        """`lost`: the share of sends whose answer is kept back."""
        earlier = BookReader(book).lines()
        self._book, self._webhook, self._settings = Book(book), webhook, settings
        self._random, self._lost = Random(f"{seed}/{len(earlier)}"), lost
        told = {tracker for line in earlier if line["k"] == "told" for tracker in line["trackers"]}
        sends = [line for line in earlier if line["k"] == "send"]
        self._numbers = len(sends)
        self._owed = deque((0.0, one) for one in sends if one["tracker"] not in told)
        self._synced: asyncio.Future[None] | None = None

    @property
    def app(self) -> Starlette:
        """What is served."""
        routes = [
            Route("/health", lambda _: PlainTextResponse("ok")),
            Route("/{version}/{number}/messages", self.messages, methods=["POST"]),
        ]
        return Starlette(routes=routes, on_startup=[self._begin])

    async def messages(self, request: Request) -> Response:
        """`POST /{version}/{phone_number_id}/messages`: a message, or a sign of being at work."""
        body = await request.json()
        if "status" in body:
            self._book.add({"k": "read", "at": time.time(), "id": body.get("message_id")})
            return JSONResponse({"success": True})
        self._numbers += 1
        line = {
            "k": "send",
            "at": time.time(),
            "id": f"wamid.out.{self._numbers}.{self._random.getrandbits(32):08x}",
            "tracker": body.get("biz_opaque_callback_data", ""),
            "to": body.get("to") or body.get("recipient"),
            **_shown(body),
        }
        self._book.add(line)
        await self._on_disk()
        late = self._random.random() < _LATE
        self._owed.append((time.time() + (self._random.random() * _LATE_S if late else 0), line))
        if self._random.random() < self._lost:
            self._book.add({"k": "lost", "at": time.time(), "tracker": line["tracker"]})
            # A body shorter than announced makes the server break the connection.
            return Response(b"{", headers={"content-length": "1000"})
        return JSONResponse({"messaging_product": "whatsapp", "messages": [{"id": line["id"]}]})

    async def _on_disk(self) -> None:
        """Whoever comes while the disk is busy shares the next turn."""
        if self._synced is None:
            self._synced = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(self._sync, self._synced)
        await asyncio.shield(self._synced)

    def _sync(self, done: asyncio.Future[None]) -> None:
        self._synced = None
        self._book.sync()
        done.set_result(None)

    async def _begin(self) -> None:
        self._telling = asyncio.create_task(self._tell())

    async def _tell(self) -> None:
        """Statuses until the end; what Seva does not take is told again."""
        async with httpx.AsyncClient(trust_env=False, timeout=10) as client:
            while True:
                now = time.time()
                due = [one for at, one in self._owed if at <= now][:_AT_ONCE]
                if not due or not await self._told(client, due):
                    await asyncio.sleep(_EVERY_S if not due else 0.5)
                    continue
                done = {one["id"] for one in due}
                self._owed = deque(pair for pair in self._owed if pair[1]["id"] not in done)
                trackers = [one["tracker"] for one in due]
                self._book.add({"k": "told", "at": time.time(), "trackers": trackers})

    async def _told(self, client: httpx.AsyncClient, due: list[dict[str, Any]]) -> bool:
        statuses = [self._status(one, state) for one in due for state in _STATES]
        self._random.shuffle(statuses)
        number = self._settings.whatsapp_phone_number_id
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"phone_number_id": number},
            "statuses": statuses,
        }
        body = json.dumps(envelope(value)).encode()
        headers = {HEADER: sign(body, self._settings.whatsapp_app_secret)}
        try:
            answer = await client.post(self._webhook, content=body, headers=headers)
        except httpx.HTTPError:
            return False
        return answer.status_code == 200

    @staticmethod
    def _status(line: dict[str, Any], state: str) -> dict[str, Any]:
        return {
            "id": line["id"],
            "status": state,
            "timestamp": str(int(line["at"])),
            "recipient_id": line["to"],
            "biz_opaque_callback_data": line["tracker"],
        }


def envelope(value: dict[str, Any]) -> dict[str, Any]:
    """A delivery in Meta's shape."""
    changes = [{"field": "messages", "value": value}]
    return {"object": "whatsapp_business_account", "entry": [{"id": "1", "changes": changes}]}


def _shown(body: dict[str, Any]) -> dict[str, Any]:
    """What the citizen sees: words and options."""
    content = body.get(body.get("type", "")) or {}
    action = content.get("action") or {}
    rows = [row for section in action.get("sections", ()) for row in section["rows"]]
    shown = [button["reply"] for button in action.get("buttons", ())] or rows
    words = content.get("body") or content.get("caption") or ""
    text = words.get("text", "") if isinstance(words, dict) else words
    return {"text": text, "options": [[one["id"], one["title"]] for one in shown]}


def main(argv: list[str]) -> None:
    """Serves until it is stopped."""
    port, book, webhook, seed, lost = argv
    app = WhatsApp(Path(book), webhook, int(seed), float(lost), Settings()).app
    uvicorn.run(app, port=int(port), log_level="warning", access_log=False, ws="none")


if __name__ == "__main__":
    main(sys.argv[1:])
