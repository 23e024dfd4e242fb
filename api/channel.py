"""The ways in which citizens reach us: WhatsApp, and backends that bring a channel of their own.

The name in front of a lane tells its channel, so no table has a column for it. Whatever differs
between channels is a field here, and nobody else asks for a channel's name.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Channel:
    """One way to reach us. `name` is that of the metrics."""

    name: str
    is_fetched: bool = False
    """Whether replies lie ready until the other side asks for them; else the worker sends them."""
    has_window: bool = True
    """Whether only templates may go to a citizen who has been silent for long."""
    is_spoken: bool = True
    """Whether a voice note may be answered by a voice note."""
    remembers_phone: bool = True
    """Whether the verified number of one message also holds for those after it."""


WHATSAPP = Channel("whatsapp")
REST = Channel("rest", is_fetched=True, has_window=False, is_spoken=False, remembers_phone=False)
"""Behind `/v1/conversations`."""


def channel_of(lane: str) -> Channel:
    """That of a lane. WhatsApp's lanes begin with the id of a number, which has digits only."""
    return REST if lane.startswith(f"{REST.name}:") else WHATSAPP
