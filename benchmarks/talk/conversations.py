"""Talks without an inbox: trackers kept in memory, for tests and benchmarks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Protocol

from nlu.engine.reply import Reply, Turned


class Turns(Protocol):
    """The part of `nlu.engine.rasa_engine.Engine` that talks."""

    async def turn(
        self, text: str, sender: str, metadata: Mapping[str, Any], tracker: str | None = None
    ) -> Turned:
        """One turn of dialogue."""


class Conversations:
    """One tracker a citizen; a message that is repeated by its `inbox_id` gets the same replies."""

    def __init__(self, engine: Turns) -> None:
        self._engine = engine
        self._done: dict[str, Turned] = {}
        self._last: dict[str, Turned] = {}

    async def turn(self, text: str, sender: str, metadata: Mapping[str, Any]) -> list[Reply]:
        """The replies. Raises TurnFailed, and keeps nothing then."""
        name = f"{sender}/{metadata['inbox_id']}" if metadata.get("inbox_id") else ""
        done = self._done.get(name)
        if done is None:
            done = await self._engine.turn(text, sender, metadata, self.tracker(sender))
            self._last[sender] = done
            if name:
                self._done[name] = done
        return list(done.replies)

    async def language(self, sender: str) -> str | None:
        """The reply language of a citizen."""
        last = self._last.get(sender)
        return last.language if last else None

    def slot(self, sender: str, name: str) -> Any:
        """What a citizen's tracker holds."""
        last = self._last.get(sender)
        return json.loads(last.tracker or "{}")["slots"].get(name) if last else None

    def tracker(self, sender: str) -> str | None:
        """A citizen's tracker as it would be stored."""
        last = self._last.get(sender)
        return last.tracker if last else None
