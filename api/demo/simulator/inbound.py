"""The citizen's side: turns what somebody typed, tapped or recorded into WhatsApp's messages."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from api.demo.simulator.citizens import Citizen, Message, new_message_id, normalise_phone
from api.demo.simulator.errors import ControlError, webhook_error
from api.demo.simulator.rules import plain_type
from api.demo.simulator.world import World

# The smallest PNG, for tests that only need "an image".
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
FILE_TYPES = {
    "audio": "audio/ogg; codecs=opus",
    "image": "image/png",
    "video": "video/mp4",
    "document": "application/pdf",
    "sticker": "image/webp",
}


def receive(world: World, specs: list[dict[str, Any]], *, batched: bool = False) -> list[Message]:
    """Sends citizens' messages to the bot, each as its own delivery or all in one.

    A spec has `citizen` (phone), `type`, what the type needs, and optionally `name`, `language`,
    `id`, `timestamp`, `reply_to`.
    """
    made = [_make(world, spec) for spec in specs]
    for citizen, message in made:
        if world.citizens.message(message.id) is None:
            world.keep(citizen, message)
        world.raise_state(message, "sent")
    groups = [made] if batched else [[item] for item in made]
    for group in groups:
        messages = [message for _, message in group]
        world.courier.send(
            group[0][0].phone,
            world.envelopes.messages(group),
            lambda arrived=messages: _arrived(world, arrived),  # type: ignore[misc]
        )
    return [message for _, message in made]


def _arrived(world: World, messages: list[Message]) -> None:
    for message in messages:
        world.raise_state(message, "delivered")


def _make(world: World, spec: dict[str, Any]) -> tuple[Citizen, Message]:
    phone = normalise_phone(str(spec.get("citizen", "")))
    if not 8 <= len(phone) <= 15:
        raise ControlError("citizen must be a phone number with country code")
    kind = str(spec.get("type", "text"))
    maker = _MAKERS.get(kind)
    if maker is None:
        raise ControlError(f"unknown type `{kind}`; known are: {', '.join(sorted(_MAKERS))}")
    now = world.now()
    name, language = str(spec.get("name", "")), str(spec.get("language", "te"))
    citizen = world.citizens.add(phone, name, language, at=now)
    if spec.get("name"):
        citizen.name = str(spec["name"])
    if "username" in spec:
        citizen.username = spec["username"] or None
    content, reply_to, extra = maker(world, citizen, spec)
    citizen.last_inbound = now
    message = Message(
        id=str(spec.get("id") or new_message_id(phone)),
        citizen=phone,
        direction="in",
        timestamp=float(spec.get("timestamp") or now),
        content=content,
        reply_to=spec.get("reply_to") or reply_to,
        extra=extra,
    )
    return citizen, message


_Made = tuple[dict[str, Any], str | None, dict[str, Any]]


def _text(world: World, citizen: Citizen, spec: dict[str, Any]) -> _Made:
    text = spec.get("text")
    if not isinstance(text, str):
        raise ControlError("text is missing")
    return {"type": "text", "text": {"body": text}}, None, {}


def _tap(world: World, citizen: Citizen, spec: dict[str, Any]) -> _Made:
    """A tap on a button or row of the bot, named by `option` (its id) or its `title`."""
    kind = spec["type"]
    for message in reversed(citizen.messages):
        if message.direction != "out" or spec.get("message") not in (None, message.id):
            continue
        for option in options(message, kind):
            if option["id"] == spec.get("option") or option["title"] == spec.get("title"):
                return _reply(kind, option), message.id, {}
    if spec.get("option") and spec.get("title") and spec.get("message"):
        forged = {"id": str(spec["option"]), "title": str(spec["title"])}
        return _reply(kind, forged), str(spec["message"]), {}
    raise ControlError(f"no {kind} of the bot in this chat has that option or title")


def _reply(kind: str, option: dict[str, Any]) -> dict[str, Any]:
    name = f"{kind}_reply"
    return {"type": "interactive", "interactive": {"type": name, name: option}}


def options(message: Message, kind: str) -> list[dict[str, Any]]:
    """What can be tapped on a message of the bot: reply buttons (`button`) or rows (`list`)."""
    interactive = message.content.get("interactive") or {}
    if interactive.get("type") != kind:
        return []
    if kind == "button":
        return [button["reply"] for button in interactive["action"]["buttons"]]
    return [row for section in interactive["action"]["sections"] for row in section["rows"]]


def _file(world: World, citizen: Citizen, spec: dict[str, Any]) -> _Made:
    kind = spec["type"]
    data = spec.get("data", PIXEL if kind == "image" else None)
    if isinstance(data, str):
        try:
            data = base64.b64decode(data, validate=True)
        except binascii.Error:
            raise ControlError("data must be base64") from None
    if not isinstance(data, bytes) or not data:
        raise ControlError("the file is missing: send multipart with `file`, or base64 in `data`")
    rule = world.rules.media_kinds[kind]
    if len(data) > rule.largest:
        raise ControlError(f"WhatsApp sends {kind} files up to {rule.largest} bytes")
    mime_type = str(spec.get("mime_type") or FILE_TYPES[kind])
    if plain_type(mime_type) not in rule.types | world.rules.inbound_types:
        raise ControlError(f"WhatsApp does not send {mime_type} as {kind}")
    name = str(spec.get("filename", ""))
    file = world.media.add(data, mime_type, name, now=world.now(), from_bot=False)
    body: dict[str, Any] = {
        "mime_type": mime_type,
        "sha256": file.sha256_base64,
        "id": file.id,
        "url": world.media.url(file, world.settings.simulator_url, now=world.now()),
    }
    if kind == "audio":
        body["voice"] = bool(spec.get("voice", True))
    elif kind == "document":
        body["filename"] = name or "document"
    elif kind == "sticker":
        body["animated"] = False
    if spec.get("caption"):
        body["caption"] = str(spec["caption"])
    return {"type": kind, kind: body}, None, world.file_facts(file)


def _location(world: World, citizen: Citizen, spec: dict[str, Any]) -> _Made:
    try:
        body = {"latitude": float(spec["latitude"]), "longitude": float(spec["longitude"])}
    except (KeyError, TypeError, ValueError):
        raise ControlError("latitude and longitude are missing") from None
    named = {name: spec[name] for name in ("name_of_place", "address") if spec.get(name)}
    if "name_of_place" in named:
        named["name"] = named.pop("name_of_place")
    return {"type": "location", "location": {**body, **named}}, None, {}


def _reaction(world: World, citizen: Citizen, spec: dict[str, Any]) -> _Made:
    """On a message of the bot, where it is shown; without an emoji the reaction is taken back."""
    body = {"message_id": str(spec.get("message", "")), "emoji": str(spec.get("emoji", ""))}
    world.react(body["message_id"], body["emoji"])
    if not body["emoji"]:
        del body["emoji"]  # Meta leaves it out
    return {"type": "reaction", "reaction": body}, None, {}


def _contacts(world: World, citizen: Citizen, spec: dict[str, Any]) -> _Made:
    """One card of the telephone's address book."""
    name, phone = spec.get("contact_name"), normalise_phone(str(spec.get("contact_phone", "")))
    if not name or not phone:
        raise ControlError("contact_name and contact_phone are missing")
    card = {
        "name": {"first_name": str(name), "formatted_name": str(name)},
        "phones": [{"phone": f"+{phone}", "wa_id": phone, "type": "CELL"}],
    }
    return {"type": "contacts", "contacts": [card]}, None, {}


def _unsupported(world: World, citizen: Citizen, spec: dict[str, Any]) -> _Made:
    error = webhook_error(131051, "Message type is currently not supported.", world.rules)
    body = {"type": str(spec.get("kind", "poll_creation"))}
    return {"type": "unsupported", "errors": [error], "unsupported": body}, None, {}


def _raw(world: World, citizen: Citizen, spec: dict[str, Any]) -> _Made:
    """Any content as it stands: for types that Meta may add tomorrow."""
    content = spec.get("content")
    if not isinstance(content, dict) or "type" not in content:
        raise ControlError("content must be an object with `type`")
    return content, None, {}


_MAKERS = {
    "text": _text,
    "button": _tap,
    "list": _tap,
    **dict.fromkeys(FILE_TYPES, _file),
    "location": _location,
    "reaction": _reaction,
    "contacts": _contacts,
    "unsupported": _unsupported,
    "raw": _raw,
}
