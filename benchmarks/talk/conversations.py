"""Talks without an inbox: trackers kept in memory, for tests and benchmarks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Protocol

from nlu.turn import Message, Misunderstood, Reply, Turned


class Turns(Protocol):
    """The part of `nlu.engine.rasa_engine.Engine` that talks."""

    async def turn(self, message: Message, tracker: str | None = None) -> Turned:
        """One turn of dialogue."""


class Conversations:
    """One tracker a citizen; a message that is repeated by its `inbox_id` gets the same replies."""

    def __init__(self, engine: Turns) -> None:
        self._engine = engine
        self._done: dict[str, Turned] = {}
        self._last: dict[str, Turned] = {}

    async def turn(self, message: Message) -> list[Reply]:
        """The replies, each a bubble of WhatsApp. Raises TurnFailed, and keeps nothing then."""
        sender = message.citizen
        name = f"{sender}/{message.id}" if message.id else ""
        done = self._done.get(name)
        if done is None:
            done = await self._engine.turn(message, self.tracker(sender))
            self._last[sender] = done
            if name:
                self._done[name] = done
        return bubbles(done.replies)

    async def language(self, sender: str) -> str | None:
        """The reply language of a citizen."""
        last = self._last.get(sender)
        return last.language if last else None

    def misunderstood(self, sender: str) -> Misunderstood | None:
        """What the last turn of a citizen told of words that were not understood."""
        last = self._last.get(sender)
        return last.misunderstood if last else None

    def state(self, sender: str) -> dict[str, Any]:
        """Where a citizen's conversation stands, as the tracker holds it."""
        tracker = self.tracker(sender)
        state: dict[str, Any] = (tracker and json.loads(tracker)["slots"]["state"]) or {}
        return state

    def tracker(self, sender: str) -> str | None:
        """A citizen's tracker as it would be stored."""
        last = self._last.get(sender)
        return last.tracker if last else None


def bubbles(replies: Sequence[Reply]) -> list[Reply]:
    """Texts that follow each other are one, as `api.whatsapp.render` sends them."""
    out: list[Reply] = []
    for reply in replies:
        plain = bool(out) and not out[-1].buttons and out[-1].document is None
        if plain and out[-1].text and reply.text:
            out[-1] = replace(reply, text=f"{out[-1].text}\n\n{reply.text}")
        else:
            out.append(reply)
    return out
