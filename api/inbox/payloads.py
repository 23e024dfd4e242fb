"""What citizens wrote and what they get, as it lies in the database: sealed, with a version.

Whoever reads a row of a newer version, or of a key that is gone, gets `Unreadable` and treats that
row alone. A field may be added with a default, and older processes pass it over; any other change
needs a new version here.
"""

from __future__ import annotations

from dataclasses import asdict

from api.whatsapp.outgoing import Outgoing
from api.whatsapp.payload import Inbound
from nlu.known_fields import known_fields
from nlu.storage.sealing import Unreadable, seal, unseal
from nlu.turn import Location, Media

MESSAGE, REPLY, TEXT = 1, 1, 1


def keep_message(message: Inbound) -> str:
    """A citizen's message, without its trace, which has a column of its own. What it lacks is left
    out, so that a Seva of before, which does not know a field, reads all messages without it."""
    told = asdict(message)
    del told["trace"]
    return seal({name: value for name, value in told.items() if value is not None}, MESSAGE)


def read_message(payload: str) -> Inbound:
    """Raises Unreadable."""
    data = unseal(payload, MESSAGE)
    try:
        media, location = data.pop("media", None), data.pop("location", None)
        return Inbound(
            **known_fields(Inbound, data),
            media=Media(**known_fields(Media, media)) if media else None,
            location=Location(**known_fields(Location, location)) if location else None,
        )
    except (AttributeError, TypeError):
        raise Unreadable("form") from None


def keep_reply(message: Outgoing) -> str:
    """A message to a citizen."""
    return seal(message.to_json(), REPLY)


def read_reply(payload: str) -> Outgoing:
    """Raises Unreadable."""
    try:
        return Outgoing.from_json(unseal(payload, REPLY))
    except (TypeError, ValueError, KeyError):
        raise Unreadable("form") from None


def keep_text(text: str) -> str:
    """A tracker, or what an option stands for."""
    return seal(text, TEXT)


def read_text(payload: str) -> str:
    """Raises Unreadable."""
    text = unseal(payload, TEXT)
    if not isinstance(text, str):
        raise Unreadable("form")
    return text
