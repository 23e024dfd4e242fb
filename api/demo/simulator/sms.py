"""SMS on the simulated phones: a department's codes come this way, past WhatsApp and the bot."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from api.demo.simulator.citizens import Message, new_message_id, normalise_phone
from api.demo.simulator.errors import ControlError
from api.demo.simulator.world import World

DIRECTION = "sms"
_LONGEST_SENDER, _LONGEST_TEXT = 20, 1000


def sms_router(world: World) -> APIRouter:
    """`POST /__sms`: `{to, sender, text}` shows on the phone of that number, which is put on the
    table if it is not there. The bot hears nothing of it."""
    router = APIRouter(include_in_schema=False)

    @router.post("/__sms")
    async def post_sms(request: Request) -> dict[str, Any]:
        body = await request.json()
        to, sender, text = (_text(body, name) for name in ("to", "sender", "text"))
        if not 8 <= len(normalise_phone(to)) <= 15:
            raise ControlError("that is no phone number")
        known = world.citizens.get(to)
        citizen = known or world.citizens.add(to)
        if known is None:
            world.events.add("citizen", citizen.phone, citizen.as_dict())
        message = Message(
            id=new_message_id(citizen.phone),
            citizen=citizen.phone,
            direction=DIRECTION,
            timestamp=world.now(),
            content={"type": "text", "text": {"body": text[:_LONGEST_TEXT]}},
            state="delivered",
            extra={"sender": sender[:_LONGEST_SENDER]},
        )
        world.keep(citizen, message)
        return {"id": message.id, "number": message.number}

    return router


def _text(body: Any, name: str) -> str:
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, str) or not value.strip():
        raise ControlError(f"`{name}` is missing")
    return value
