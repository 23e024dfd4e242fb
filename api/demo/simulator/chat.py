"""What the chat page asks for: phones, history, files, live events."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response, StreamingResponse

from api.demo.simulator import outgoing
from api.demo.simulator.citizens import Citizen
from api.demo.simulator.errors import ControlError
from api.demo.simulator.world import World

STATIC = Path(__file__).with_name("static")
PAGE_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
NEW_PHONE_PREFIX = "9199"


def chat_router(world: World) -> APIRouter:
    """Routes of the page: `/` and `/chat/...`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def page() -> Response:
        return FileResponse(
            STATIC / "index.html",
            headers={"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-cache"},
        )

    @router.get("/chat/state")
    async def state() -> dict[str, Any]:
        return {
            "cursor": world.events.cursor,
            "now": world.now(),
            "business": {
                "name": world.rules.verified_name,
                "phone": world.rules.display_phone_number,
            },
            "webhook": world.webhook,
            "console": world.settings.simulator_console_url,
            "citizens": [citizen.as_dict() for citizen in world.citizens],
            "wire": world.wire,
        }

    @router.post("/chat/citizens")
    async def new_citizen(request: Request) -> dict[str, Any]:
        body = await request.json()
        phone = body.get("phone") or f"{NEW_PHONE_PREFIX}{secrets.randbelow(10**8):08d}"
        language = str(body.get("language", "te"))
        citizen = world.citizens.add(str(phone), language=language, at=world.now())
        world.events.add("citizen", citizen.phone, citizen.as_dict())
        return citizen.as_dict()

    @router.get("/chat/events")
    async def events(request: Request, after: str = "") -> StreamingResponse:
        cursor = request.headers.get("last-event-id") or after
        return StreamingResponse(
            world.events.stream(cursor),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )

    @router.get("/chat/media/{media_id}")
    async def media(media_id: str) -> Response:
        """A file for the page; never runs as a page of its own."""
        file = world.media.get(media_id, now=world.now())
        if file is None:
            return Response(status_code=404)
        headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=3600"}
        if file.mime_type != "application/pdf":
            headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
        return Response(file.data, media_type=file.mime_type, headers=headers)

    @router.get("/chat/{phone}/messages")
    async def messages(phone: str) -> dict[str, Any]:
        citizen = _citizen(world, phone)
        return {
            "cursor": world.events.cursor,
            "messages": [message.as_dict() for message in citizen.messages],
        }

    @router.post("/chat/{phone}/read")
    async def read(phone: str) -> dict[str, int]:
        return {"read": outgoing.read_by_citizen(world, _citizen(world, phone))}

    return router


def _citizen(world: World, phone: str) -> Citizen:
    citizen = world.citizens.get(phone)
    if citizen is None:
        raise ControlError("there is no such phone")
    return citizen
