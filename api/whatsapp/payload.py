"""Reads a webhook delivery into plain values; whatever WhatsApp may add tomorrow, it never fails.

A message of a type we do not know is kept as `unsupported`, so that the citizen gets an answer.
Only what cannot be answered at all (no id, no sender) is left out and counted in `skipped`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from nlu.turn import Location, Media

MEDIA_KINDS = frozenset(("audio", "image", "video", "document", "sticker"))
KINDS = MEDIA_KINDS | {"text", "button", "list", "location", "reaction", "contacts", "order"}
KINDS |= {"system", "unsupported"}
EXCESS = "excess"
"""Kind of a message beyond the citizen's limit, which is kept without its words."""


@dataclass(frozen=True)
class Inbound:
    """One message of one citizen. `citizen` is the business-scoped user id, else the phone."""

    message_id: str
    phone_number_id: str
    citizen: str
    kind: str
    timestamp: int = 0
    text: str | None = None
    button_id: str | None = None
    media: Media | None = None
    location: Location | None = None
    context_id: str | None = None
    phone: str | None = None

    @property
    def lane(self) -> str:
        """Messages of one lane are answered one after the other."""
        return f"{self.phone_number_id}:{self.citizen}"


@dataclass(frozen=True)
class Status:
    """What became of a message that we sent; `tracker` is our own mark on it."""

    message_id: str
    state: str
    timestamp: int = 0
    tracker: str | None = None
    code: int | None = None
    phone_number_id: str = ""
    """The number that the delivery is for."""


@dataclass(frozen=True)
class Delivery:
    """Everything in one POST: messages and statuses in the order given."""

    messages: tuple[Inbound, ...] = ()
    statuses: tuple[Status, ...] = ()
    errors: tuple[int, ...] = ()
    skipped: int = 0


@dataclass
class _Reading:
    messages: list[Inbound] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    errors: list[int] = field(default_factory=list)
    skipped: int = 0


def read_delivery(body: Any) -> Delivery:
    """The delivery in a decoded JSON body of any shape."""
    reading = _Reading()
    if _dict(body).get("object") == "whatsapp_business_account":
        for entry in _dicts(body.get("entry")):
            for change in _dicts(entry.get("changes")):
                if change.get("field") == "messages":
                    _read_value(_dict(change.get("value")), reading)
    return Delivery(
        tuple(reading.messages), tuple(reading.statuses), tuple(reading.errors), reading.skipped
    )


def _read_value(value: dict, reading: _Reading) -> None:
    phone_number_id = _text(_dict(value.get("metadata")).get("phone_number_id")) or ""
    contacts = list(_dicts(value.get("contacts")))
    for raw in _dicts(value.get("messages")):
        message = _read_message(raw, phone_number_id, contacts)
        if message is None:
            reading.skipped += 1
        else:
            reading.messages.append(message)
    for raw in _dicts(value.get("statuses")):
        status = _read_status(raw, phone_number_id)
        if status is None:
            reading.skipped += 1
        else:
            reading.statuses.append(status)
    reading.errors.extend(_codes(value.get("errors")))


def _read_message(raw: dict, phone_number_id: str, contacts: list[dict]) -> Inbound | None:
    message_id = _text(raw.get("id"))
    phone = _text(raw.get("from"))
    user = _text(raw.get("from_user_id")) or _user_of(phone, contacts)
    citizen = user or phone
    if not (message_id and phone_number_id and citizen):
        return None
    kind = _text(raw.get("type")) or "unsupported"
    body = _dict(raw.get(kind))
    facts: dict[str, Any] = {}
    if kind == "text":
        facts["text"] = _text(body.get("body")) or ""
    elif kind in MEDIA_KINDS:
        facts.update(media=_read_media(body), text=_text(body.get("caption")))
    elif kind == "interactive":
        kind, facts = _read_tap(body)
    elif kind == "button":
        facts.update(text=_text(body.get("text")), button_id=_text(body.get("payload")))
    elif kind == "location":
        facts["location"] = _read_location(body)
    if kind not in KINDS or (kind in MEDIA_KINDS and facts.get("media") is None):
        kind, facts = "unsupported", {}
    return Inbound(
        message_id=message_id,
        phone_number_id=phone_number_id,
        citizen=citizen,
        kind=kind,
        timestamp=_number(raw.get("timestamp")),
        context_id=_text(_dict(raw.get("context")).get("id")),
        phone=phone,
        **facts,
    )


def _user_of(phone: str | None, contacts: list[dict]) -> str | None:
    """The user id among the delivery's contacts: that of the sender, or the only one there is."""
    for contact in contacts:
        if phone and _text(contact.get("wa_id")) == phone:
            return _text(contact.get("user_id"))
    return _text(contacts[0].get("user_id")) if len(contacts) == 1 else None


def _read_tap(body: dict) -> tuple[str, dict[str, Any]]:
    """A tapped reply button or list row; flows and whatever else there is stay unsupported."""
    for kind, name in (("button", "button_reply"), ("list", "list_reply")):
        reply = _dict(body.get(name))
        if _text(reply.get("id")):
            return kind, {"text": _text(reply.get("title")), "button_id": _text(reply["id"])}
    return "unsupported", {}


def _read_media(body: dict) -> Media | None:
    media_id = _text(body.get("id"))
    if not media_id:
        return None
    return Media(
        id=media_id,
        mime_type=_text(body.get("mime_type")) or "",
        sha256=_text(body.get("sha256")) or "",
        voice=body.get("voice") is True,
        filename=_text(body.get("filename")),
    )


def _read_location(body: dict) -> Location | None:
    try:
        latitude, longitude = float(body["latitude"]), float(body["longitude"])
    except (KeyError, TypeError, ValueError):
        return None
    return Location(latitude, longitude, _text(body.get("name")), _text(body.get("address")))


def _read_status(raw: dict, phone_number_id: str) -> Status | None:
    message_id, state = _text(raw.get("id")), _text(raw.get("status"))
    if not (message_id and state):
        return None
    codes = _codes(raw.get("errors"))
    return Status(
        message_id=message_id,
        state=state,
        timestamp=_number(raw.get("timestamp")),
        tracker=_text(raw.get("biz_opaque_callback_data")),
        code=codes[0] if codes else None,
        phone_number_id=phone_number_id,
    )


def _codes(errors: Any) -> list[int]:
    return [_number(error.get("code")) for error in _dicts(errors)]


def _dict(value: Any) -> dict:
    return value if isinstance(value, dict) else {}


def _dicts(value: Any) -> Iterator[dict]:
    items = value if isinstance(value, list) else ()
    return (item for item in items if isinstance(item, dict))


def _text(value: Any) -> str | None:
    """A non-empty string that UTF-8 can carry: JSON may smuggle half a surrogate pair in."""
    if not isinstance(value, str) or not value:
        return None
    return value.encode("utf-8", "replace").decode("utf-8")


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0
