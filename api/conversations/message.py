"""Reads what a backend posts: one message of a citizen, as the inbox keeps it."""

from __future__ import annotations

import base64
import binascii
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import regex

from api.channel import REST
from api.conversations.identity import NAME, NAMED, Conversation
from api.problems import Problem
from api.whatsapp.payload import Inbound
from nlu.text.script import is_blank
from nlu.turn import Location, Media

_CONTENT = ("text", "tap", "audio", "location")
_MEMBERS = {"id", "language", "phone", *_CONTENT}
_PHONE = regex.compile(r"\+[1-9][0-9]{7,14}")
_LONGEST_TAP, _LONGEST_PLACE = 256, 1000


@dataclass(frozen=True)
class Bounds:
    """Longest text in characters, largest recording in bytes, and the languages of replies."""

    text: int
    audio: int
    languages: Collection[str]


def read_message(
    data: Mapping[str, Any], conversation: Conversation, bounds: Bounds
) -> tuple[str, Inbound]:
    """What the client calls the message, and the message. Raises problems."""
    unknown = sorted(set(data) - _MEMBERS)
    if unknown:
        raise Problem("invalid-request", f"`{unknown[0][:40]}` is not a member of a message.")
    given = data.get("id")
    if not isinstance(given, str) or not NAME.fullmatch(given):
        raise Problem("invalid-request", f"`id` {NAMED}.")
    there = [name for name in _CONTENT if data.get(name) is not None]
    if len(there) != 1:
        raise Problem("invalid-request", f"Send one of {', '.join(_CONTENT)}.")
    return given, Inbound(
        conversation.message_id(given),
        REST.name,
        conversation.hidden,
        phone=_phone(data.get("phone")),
        language=_language(data.get("language"), bounds.languages),
        **_READ[there[0]](data[there[0]], bounds),
    )


def _text(value: Any, bounds: Bounds) -> dict[str, Any]:
    text = _string(value, "text", bounds.text, "text-too-long")
    if is_blank(text):
        raise Problem("empty-text")
    return {"kind": "text", "text": text}


def _tap(value: Any, bounds: Bounds) -> dict[str, Any]:
    return {"kind": "button", "button_id": _string(value, "tap", _LONGEST_TAP)}


def _audio(value: Any, bounds: Bounds) -> dict[str, Any]:
    """The recording travels in the message itself, as a `data:` address (RFC 2397)."""
    found = _object(value, "audio", {"data", "type"})
    kind = _string(found.get("type"), "audio/type", _LONGEST_TAP).lower()
    if not kind.startswith("audio/"):
        raise Problem("unsupported-media-type", "`audio/type` must be that of a recording.")
    data = found.get("data")
    try:
        if not isinstance(data, str):
            raise ValueError
        recording = base64.b64decode(data, validate=True)
    except (ValueError, binascii.Error):
        raise Problem("invalid-request", "`audio/data` must be base64.") from None
    if not recording:
        raise Problem("empty-audio")
    if len(recording) > bounds.audio:
        raise Problem("audio-too-large", f"A recording may have at most {bounds.audio} bytes.")
    return {"kind": "audio", "media": Media(as_address(recording), kind, voice=True)}


def _location(value: Any, bounds: Bounds) -> dict[str, Any]:
    found = _object(value, "location", {"latitude", "longitude", "name", "address"})
    words = {
        name: _string(found[name], f"location/{name}", _LONGEST_PLACE)
        for name in ("name", "address")
        if found.get(name) is not None
    }
    place = Location(_degrees(found, "latitude", 90), _degrees(found, "longitude", 180), **words)
    return {"kind": "location", "location": place}


_READ = {"text": _text, "tap": _tap, "audio": _audio, "location": _location}


def _string(value: Any, name: str, longest: int, too_long: str = "invalid-request") -> str:
    if not isinstance(value, str) or not value:
        raise Problem("invalid-request", f"`{name}` must be a string that is not empty.")
    if len(value) > longest:
        raise Problem(too_long, f"`{name}` may have at most {longest} characters.")
    return value.encode("utf-8", "replace").decode("utf-8")


def _object(value: Any, name: str, members: Collection[str]) -> Mapping[str, Any]:
    if not isinstance(value, dict) or set(value) - set(members):
        told = ", ".join(sorted(members))
        raise Problem("invalid-request", f"`{name}` must be an object with {told}.")
    return value


def _degrees(found: Mapping[str, Any], name: str, most: int) -> float:
    value = found.get(name)
    right = isinstance(value, (int, float)) and not isinstance(value, bool)
    if not right or not math.isfinite(value) or abs(value) > most:  # type: ignore[arg-type]
        raise Problem("invalid-request", f"`location/{name}` must be degrees, at most {most}.")
    return float(value)  # type: ignore[arg-type]


def _phone(value: Any) -> str | None:
    """Without its plus, as WhatsApp names numbers."""
    if value is None:
        return None
    if not isinstance(value, str) or not _PHONE.fullmatch(value):
        raise Problem(
            "invalid-request", "`phone` must be a number in E.164, such as +919848012345."
        )
    return value[1:]


def _language(value: Any, languages: Collection[str]) -> str | None:
    if value is not None and value not in languages:
        raise Problem("invalid-request", f"`language` must be null or of {', '.join(languages)}.")
    return value


_DATA = "data:;base64,"


def as_address(recording: bytes) -> str:
    """A recording as the address of itself."""
    return _DATA + base64.b64encode(recording).decode()


def recording_at(address: str) -> bytes | None:
    """The recording in such an address; None for any other one."""
    return base64.b64decode(address[len(_DATA) :]) if address.startswith(_DATA) else None
