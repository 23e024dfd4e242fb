"""The bot's side: sends, limits, the 24-hour window, statuses, read marks and typing."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from api.demo.simulator.citizens import Citizen, Message, new_message_id
from api.demo.simulator.errors import MetaError, webhook_error
from api.demo.simulator.media import MediaFile
from api.demo.simulator.validation import MEDIA_TYPES, check_message, template_parameters
from api.demo.simulator.world import World

FETCH_TIMEOUT_S = 15.0


def send(world: World, body: dict[str, Any]) -> tuple[Citizen, Message]:
    """Accepts a message of the bot or raises `MetaError`; statuses follow by webhook."""
    kind = check_message(body, world.rules)
    citizen = _recipient(world, body, kind)
    fault = world.faults.take_send_error(citizen.phone)
    if fault is not None:
        raise MetaError(fault.code, "Fault set through /__faults.")
    _check_rates(world, citizen)
    message = Message(
        id=new_message_id(citizen.phone),
        citizen=citizen.phone,
        direction="out",
        timestamp=world.now(),
        content={"type": kind, kind: body[kind]},
        reply_to=(body.get("context") or {}).get("message_id"),
        tracker=body.get("biz_opaque_callback_data"),
    )
    if kind == "template":
        message.extra["text"] = _template_text(world, body["template"])
    elif not _window_open(world, citizen):
        _refuse_outside_window(world, citizen, message)
        return citizen, message
    if kind == "reaction":
        _react(world, citizen, body["reaction"])
        return citizen, message
    link = _attach_media(world, message, kind, body[kind]) if kind in MEDIA_TYPES else None
    world.keep(citizen, message)
    world.start(_progress(world, citizen, message, link))
    return citizen, message


def mark_read(world: World, message_id: str, typing: bool) -> None:
    """The bot has read this message and all before it; it may also be typing."""
    message = world.citizens.message(message_id)
    citizen = world.citizens.get(message.citizen) if message else None
    if message is None or citizen is None or message.direction != "in":
        raise MetaError(100, f"Message id {message_id} does not exist.")
    for earlier in citizen.messages:
        if earlier.direction == "in" and earlier.number <= message.number:
            world.raise_state(earlier, "read")
    if typing:
        until = world.now() + world.rules.typing
        world.events.add("typing", citizen.phone, {"until": until, "seconds": world.rules.typing})


def read_by_citizen(world: World, citizen: Citizen) -> int:
    """The citizen has the chat open: what has arrived is read, and the bot is told."""
    count = 0
    for message in citizen.messages:
        if message.direction == "out" and message.state == "delivered":
            world.raise_state(message, "read")
            _tell(world, citizen, message, "read")
            count += 1
    return count


def _recipient(world: World, body: dict[str, Any], kind: str) -> Citizen:
    address = str(body.get("to") or body.get("recipient"))
    citizen = world.citizens.get(address)
    if citizen is not None:
        return citizen
    if not body.get("to"):
        raise MetaError(131009, "Param recipient is not a known business-scoped user id.")
    if not 8 <= sum(character.isdigit() for character in address) <= 15:
        raise MetaError(131009, "Param to is not a valid WhatsApp phone number.")
    return world.citizens.add(address)


def _check_rates(world: World, citizen: Citizen) -> None:
    now, rules, faults = world.now(), world.rules, world.faults
    if faults.throughput:
        recent = sum(1 for other in world.citizens for sent in other.sends if now - 1 < sent <= now)
        if recent >= faults.throughput:
            raise MetaError(130429, "Cloud API message throughput has been reached.")
    memory = rules.pair_burst * rules.pair_every
    citizen.sends = [sent for sent in citizen.sends if now - memory < sent <= now]
    if faults.pair_rate and _debt(citizen.sends, rules.pair_every, now) + 1 > rules.pair_burst:
        raise MetaError(
            131056,
            "Message failed to send because there were too many messages sent from this phone "
            "number to the same phone number in a short period of time.",
        )
    citizen.sends.append(now)


def _debt(sends: list[float], every: float, now: float) -> float:
    """Messages borrowed from the future: each costs one, each `every` seconds pay one back."""
    debt, last = 0.0, now
    for sent in sends:
        debt = max(0.0, debt - (sent - last) / every) + 1 if debt else 1.0
        last = sent
    return max(0.0, debt - (now - last) / every)


def _window_open(world: World, citizen: Citizen) -> bool:
    last = citizen.last_inbound
    return last is not None and world.now() - last <= world.rules.window


def _refuse_outside_window(world: World, citizen: Citizen, message: Message) -> None:
    details = (
        "Message failed to send because more than 24 hours have passed since the customer last "
        "replied to this number."
    )
    if world.faults.window_error == "response":
        raise MetaError(131047, details)
    _fail(world, citizen, message, 131047, details)


def _fail(world: World, citizen: Citizen, message: Message, code: int, details: str) -> None:
    message.state = "failed"
    message.error = webhook_error(code, details, world.rules)
    if message.number == 0:
        world.keep(citizen, message)
    else:
        world.events.add("state", citizen.phone, {"id": message.id, "state": "failed"})
    _tell(world, citizen, message, "failed")


def _react(world: World, citizen: Citizen, reaction: dict[str, Any]) -> None:
    target = world.citizens.message(reaction["message_id"])
    if target is None or target.citizen != citizen.phone:
        raise MetaError(131009, "Param reaction['message_id'] is not a message of this chat.")
    world.react(target.id, reaction.get("emoji", ""))


def _template_text(world: World, template: dict[str, Any]) -> str:
    text = world.rules.templates[template["name"]][template["language"]["code"]]
    for place, value in enumerate(template_parameters(template), start=1):
        text = text.replace(f"{{{{{place}}}}}", value)
    return text


def _attach_media(world: World, message: Message, kind: str, content: dict[str, Any]) -> str | None:
    """Puts the file's facts on the message; returns the link that is still to be fetched."""
    if content.get("link"):
        return str(content["link"])
    file = world.media.get(str(content["id"]), now=world.now())
    if file is None:
        raise MetaError(131009, f"Media ID {content['id']} is not a valid media of this number.")
    _check_kind(world, kind, file.mime_type, len(file.data))
    message.extra.update(world.file_facts(file))
    return None


def _check_kind(world: World, kind: str, mime_type: str, size: int) -> None:
    rule = world.rules.media_kinds[kind]
    if mime_type.split(";")[0] not in rule.types:
        raise MetaError(131053, f"{mime_type} cannot be sent as {kind}.")
    if size > rule.largest:
        raise MetaError(131053, f"{kind} files may have at most {rule.largest} bytes.")


async def _fetch(world: World, message: Message, kind: str, link: str) -> MediaFile:
    try:
        answer = await world.client.get(link, timeout=FETCH_TIMEOUT_S, follow_redirects=True)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise MetaError(131053, f"Downloading media from the link failed: {error!r}") from error
    mime_type = answer.headers.get("content-type", "application/octet-stream")
    _check_kind(world, kind, mime_type, len(answer.content))
    name = message.content[kind].get("filename") or link.split("?")[0].rsplit("/", 1)[-1]
    plain = mime_type.split(";")[0]
    return world.media.add(answer.content, plain, name, now=world.now(), from_bot=True)


async def _progress(world: World, citizen: Citizen, message: Message, link: str | None) -> None:
    """The life of an accepted message: file fetched, sent, delivered, perhaps read."""
    if link:
        try:
            file = await _fetch(world, message, message.content["type"], link)
        except MetaError as error:
            _fail(world, citizen, message, error.code, error.details)
            return
        message.extra.update(world.file_facts(file))
        world.events.add("media", citizen.phone, {"id": message.id, **world.file_facts(file)})
    states = ["sent", "delivered"]
    if world.faults.reorder_statuses:
        states.reverse()
    await asyncio.sleep(world.rules.sent_after)
    _tell(world, citizen, message, states[0])
    world.raise_state(message, states[0])
    await asyncio.sleep(world.rules.delivered_after)
    _tell(world, citizen, message, states[1])
    world.raise_state(message, states[1])
    if world.faults.auto_read:
        read_by_citizen(world, citizen)


def _tell(world: World, citizen: Citizen, message: Message, state: str) -> None:
    forgotten = world.citizens.message(message.id) is None  # after `/__reset`
    if world.faults.drop_statuses or forgotten:
        return
    envelope = world.envelopes.status(citizen, message, state, world.now())
    world.courier.send(f"status:{citizen.phone}", envelope)
