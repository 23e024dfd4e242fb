"""Reads a webhook delivery of WhatsApp: checks its signature, parses it, and drops foreign parts.

The signature is HMAC-SHA256 of the raw body with the app's secret. Parsing never fails, whatever
WhatsApp may add. A message of an unknown type is kept as `unsupported`, so that the citizen gets an
answer. Only what cannot be answered (no id, no sender) is left out and counted in `skipped`.

The secret belongs to the app, and an app may have several numbers. Somebody who recorded a delivery
can also send it again later. So `admit` drops parts that are for other numbers or too old.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from nlu.turn import Location, Media

HEADER = "X-Hub-Signature-256"
MEDIA_KINDS = frozenset(("audio", "image", "video", "document", "sticker"))
KINDS = MEDIA_KINDS | {
    *("text", "button", "list", "location", "reaction", "contacts", "order"),
    *("system", "unsupported"),
}
EXCESS = "excess"
"""Kind of a message beyond the citizen's limit. It is kept without its words."""
FOREIGN, STALE = "foreign_number", "too_old"


def sign(body: bytes, secret: str) -> str:
    """The value of the header for `body`, as WhatsApp sends it."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def is_signed(body: bytes, header: str | None, secret: str) -> bool:
    """Whether `header` signs exactly these bytes. Every wrong value takes the same time."""
    if not header or not secret:
        return False
    return hmac.compare_digest(sign(body, secret).encode(), header.strip().lower().encode())


@dataclass(frozen=True)
class Inbound:
    """One message of a citizen. `citizen` is the business-scoped user id, or else the phone."""

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
    language: str | None = None
    """That of replies which the other side asks for; WhatsApp never does."""
    trace: str | None = None
    """The `traceparent` of its arrival; kept beside the message, not in it."""

    @property
    def lane(self) -> str:
        """Messages of one lane are answered one after the other."""
        return f"{self.phone_number_id}:{self.citizen}"


@dataclass(frozen=True)
class Status:
    """What became of a message that we sent. `tracker` is our own mark on it."""

    message_id: str
    state: str
    timestamp: int = 0
    tracker: str | None = None
    code: int | None = None
    phone_number_id: str = ""
    """The number to which the delivery belongs."""


@dataclass(frozen=True)
class WebhookDelivery:
    """Everything in one POST: messages and statuses in their order."""

    messages: tuple[Inbound, ...] = ()
    statuses: tuple[Status, ...] = ()
    errors: tuple[int, ...] = ()
    skipped: int = 0


@dataclass
class _Parts:
    messages: list[Inbound] = field(default_factory=list)
    statuses: list[Status] = field(default_factory=list)
    errors: list[int] = field(default_factory=list)
    skipped: int = 0


def read_delivery(body: Any) -> WebhookDelivery:
    """Reads the delivery in a decoded JSON body of any shape."""
    parts = _Parts()
    if _dict(body).get("object") == "whatsapp_business_account":
        for entry in _dicts(body.get("entry")):
            for change in _dicts(entry.get("changes")):
                if change.get("field") == "messages":
                    _read_value(_dict(change.get("value")), parts)
    return WebhookDelivery(
        tuple(parts.messages), tuple(parts.statuses), tuple(parts.errors), parts.skipped
    )


@dataclass(frozen=True)
class Admission:
    """The part of a delivery that is kept, and the number of refused parts by reason."""

    delivery: WebhookDelivery
    refused: Mapping[str, int]


def admit(
    delivery: WebhookDelivery, phone_number_id: str, now: float, within: float, ahead: float
) -> Admission:
    """Drops parts for other numbers and old messages.

    A message may be `within` seconds old, and its time may be `ahead` seconds later than our clock.
    A message with a later time, or without one, gets the time of now.
    """
    refused: Counter[str] = Counter()
    messages = []
    for message in delivery.messages:
        reason = _refusal(message, phone_number_id, now - within)
        if reason:
            refused[reason] += 1
        else:
            messages.append(_dated(message, now, ahead))
    statuses = tuple(one for one in delivery.statuses if one.phone_number_id == phone_number_id)
    foreign = len(delivery.statuses) - len(statuses)
    if foreign:
        refused[FOREIGN] += foreign
    return Admission(replace(delivery, messages=tuple(messages), statuses=statuses), refused)


def _read_value(value: dict, parts: _Parts) -> None:
    phone_number_id = _text(_dict(value.get("metadata")).get("phone_number_id")) or ""
    contacts = list(_dicts(value.get("contacts")))
    for raw in _dicts(value.get("messages")):
        message = _read_message(raw, phone_number_id, contacts)
        if message is None:
            parts.skipped += 1
        else:
            parts.messages.append(message)
    for raw in _dicts(value.get("statuses")):
        status = _read_status(raw, phone_number_id)
        if status is None:
            parts.skipped += 1
        else:
            parts.statuses.append(status)
    parts.errors.extend(_codes(value.get("errors")))


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
    """The user id among the contacts: that of the sender, or the only one."""
    for contact in contacts:
        if phone and _text(contact.get("wa_id")) == phone:
            return _text(contact.get("user_id"))
    return _text(contacts[0].get("user_id")) if len(contacts) == 1 else None


def _read_tap(body: dict) -> tuple[str, dict[str, Any]]:
    """Reads a tapped reply button or list row. Flows and all else are unsupported."""
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
    """A non-empty string that UTF-8 can hold; JSON may contain half a surrogate pair."""
    if not isinstance(value, str) or not value:
        return None
    return value.encode("utf-8", "replace").decode("utf-8")


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0


def _refusal(message: Inbound, phone_number_id: str, oldest: float) -> str | None:
    if message.phone_number_id != phone_number_id:
        return FOREIGN
    return STALE if 0 < message.timestamp < oldest else None


def _dated(message: Inbound, now: float, ahead: float) -> Inbound:
    if 0 < message.timestamp <= now + ahead:
        return message
    return replace(message, timestamp=int(now))
