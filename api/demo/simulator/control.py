"""The surface for tests and scripts: faults, outbox, inbound messages, reset."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import UploadFile

from api.demo.simulator import voice
from api.demo.simulator.citizens import Message
from api.demo.simulator.errors import ControlError
from api.demo.simulator.inbound import receive
from api.demo.simulator.world import World

LONGEST_WAIT_S = 120.0


def control_router(world: World) -> APIRouter:
    """Routes that Meta does not have; all begin with `/__`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/__faults")
    async def get_faults() -> dict[str, Any]:
        return world.faults.as_dict()

    @router.put("/__faults")
    async def put_faults(request: Request) -> dict[str, Any]:
        """Sets the given switches, all others back to their defaults."""
        values = await request.json()
        type(world.faults)().update(values)
        world.faults.reset()
        world.faults.update(values)
        return world.faults.as_dict()

    @router.patch("/__faults")
    async def patch_faults(request: Request) -> dict[str, Any]:
        """Sets the given switches only."""
        world.faults.update(await request.json())
        return world.faults.as_dict()

    @router.delete("/__faults")
    async def delete_faults() -> dict[str, Any]:
        world.faults.reset()
        return world.faults.as_dict()

    @router.post("/__inbound")
    async def post_inbound(request: Request) -> JSONResponse:
        """One message, or `{"messages": [...], "batched": bool}`; files as multipart `file`."""
        if request.headers.get("content-type", "").startswith("multipart/"):
            spec = await _read_form(request)
            specs, batched, single = [spec], False, True
        else:
            body = await request.json()
            if not isinstance(body, dict):
                raise ControlError("the body must be a JSON object")
            single = "messages" not in body
            specs, batched = body.get("messages", [body]), bool(body.get("batched"))
        before = world.citizens.last_number
        answers = [
            {"id": message.id, "number": message.number or before}
            for message in receive(world, specs, batched=batched)
        ]
        return JSONResponse(answers[0] if single else {"messages": answers})

    @router.get("/__outbox")
    async def get_outbox(
        citizen: str | None = None, after: int = 0, wait: float = 0, count: int = 1
    ) -> dict[str, Any]:
        """The bot's messages per citizen, numbered above `after`.

        With `wait` the answer comes once there are `count` of them, or after so many seconds.
        """
        until = time.monotonic() + min(wait, LONGEST_WAIT_S)
        while True:
            chats = _outbox(world, citizen, after)
            found = sum(len(messages) for messages in chats.values())
            left = until - time.monotonic()
            if found >= count or left <= 0:
                return {"citizens": chats, "last": world.citizens.last_number}
            await world.events.wait(left)

    @router.get("/__wire")
    async def get_wire() -> dict[str, Any]:
        """The last webhooks with what the bot answered, and deliveries still under way."""
        return {"wire": world.wire, "pending": world.courier.pending}

    @router.post("/__reset")
    async def post_reset() -> dict[str, bool]:
        world.reset()
        return {"success": True}

    @router.post("/__verify")
    async def post_verify() -> dict[str, Any]:
        """Does the webhook handshake again."""
        await world.handshake()
        return world.webhook

    return router


def _outbox(world: World, phone: str | None, after: int) -> dict[str, list[dict[str, Any]]]:
    one = world.citizens.get(phone) if phone else None
    citizens = ([one] if one else []) if phone else list(world.citizens)
    chats = {}
    for citizen in citizens:
        sent = [message for message in citizen.messages if _is_sent(message, after)]
        if sent:
            chats[citizen.phone] = [_entry(message) for message in sent]
    return chats


def _is_sent(message: Message, after: int) -> bool:
    return message.direction == "out" and message.number > after


def _entry(message: Message) -> dict[str, Any]:
    """A message with its words and options laid open, so that tests need not dig."""
    content = message.content
    interactive = content.get("interactive") or {}
    action = interactive.get("action") or {}
    rows = [row for section in action.get("sections", ()) for row in section["rows"]]
    replies = [button["reply"] for button in action.get("buttons", ())]
    kind = content["type"]
    text = (
        message.extra.get("text")
        or (content.get("text") or {}).get("body")
        or (interactive.get("body") or {}).get("text")
        or (content.get(kind) or {}).get("caption")
        or ""
    )
    link = (action.get("parameters") or {}).get("url") or ""
    return {**message.as_dict(), "text": text, "options": replies or rows, "link": link}


async def _read_form(request: Request) -> dict[str, Any]:
    form = await request.form()
    spec: dict[str, Any] = {name: value for name, value in form.items() if name != "file"}
    file = form.get("file")
    if isinstance(file, UploadFile):
        spec["data"] = await file.read()
        spec.setdefault("filename", file.filename or "")
        spec.setdefault("mime_type", file.content_type)
    if "voice" in spec:
        spec["voice"] = spec["voice"] in ("1", "true")
    if spec.pop("recorded", "") in ("1", "true"):
        try:
            spec["data"] = await asyncio.to_thread(voice.to_voice_note, spec.get("data", b""))
        except ValueError as error:
            raise ControlError(str(error)) from error
        spec.update(mime_type=voice.MIME_TYPE, voice=True)
    return spec
