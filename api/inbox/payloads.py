"""What citizens wrote and what they get, as it lies in the database: sealed, with a version.

Whoever reads a row of a newer version, or of a key that is gone, gets `UnreadableRow` and treats
that row alone. A field may be added with a default; any other change needs a new version here.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from api.whatsapp.outgoing import Outgoing
from api.whatsapp.payload import Inbound, Location, Media
from nlu.storage.sealing import seal, unseal

MESSAGE, REPLY, TRACKER = 1, 1, 1


class UnreadableRow(ValueError):
    """A payload that this process cannot read; says why, never what is in it."""


def keep_message(message: Inbound) -> str:
    """A citizen's message."""
    return _keep(MESSAGE, asdict(message))


def read_message(payload: str) -> Inbound:
    """Raises UnreadableRow."""
    data = _read(payload, MESSAGE)
    try:
        media, location = data.pop("media", None), data.pop("location", None)
        return Inbound(
            **data,
            media=Media(**media) if media else None,
            location=Location(**location) if location else None,
        )
    except TypeError as error:
        raise UnreadableRow("fields that are not known") from error


def keep_reply(message: Outgoing) -> str:
    """A message to a citizen."""
    return _keep(REPLY, message.to_json())


def read_reply(payload: str) -> Outgoing:
    """Raises UnreadableRow."""
    try:
        return Outgoing.from_json(_read(payload, REPLY))
    except (TypeError, ValueError, KeyError) as error:
        raise UnreadableRow("fields that are not known") from error


def keep_text(text: str) -> str:
    """A tracker, or what an option stands for."""
    return _keep(TRACKER, text)


def read_text(payload: str) -> str:
    """Raises UnreadableRow."""
    return str(_read(payload, TRACKER))


def _keep(version: int, content: Any) -> str:
    token = seal({"v": version, "content": content})
    assert token is not None
    return token


def _read(payload: str, version: int) -> Any:
    opened = unseal(payload)
    if not isinstance(opened, dict):
        raise UnreadableRow("no key of ours opens it")
    if opened.get("v") != version:
        raise UnreadableRow(f"version {opened.get('v')}, known is {version}")
    return opened["content"]
