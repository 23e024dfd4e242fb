"""Answers already given, kept in memory: people ask the same few things again and again.

The key is the text exactly as it was written, because places of values count in it, with the
language that the citizen used before, and the client who asks: one must not learn from a quick
answer what another one asked. A cache belongs to one loaded model. What "tomorrow" means
changes at midnight, and midnights of all time zones fall on a quarter of an hour: an answer is
good until the next one.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

_QUARTER_HOUR = 900

Key = tuple[str, str | None, str, int]


class AnswerCache:
    """The answers used last; `size` 0 keeps none."""

    def __init__(self, size: int, clock: Callable[[], float] = time.time) -> None:
        self._size, self._clock = size, clock
        self._kept: OrderedDict[Key, dict[str, Any]] = OrderedDict()

    def key(self, text: str, language: str | None, client: str = "") -> Key:
        """What an answer is kept under; taken before the answer is worked out."""
        return text, language, client, int(self._clock() // _QUARTER_HOUR)

    def get(self, key: Key) -> dict[str, Any] | None:
        """The answer, not to be changed by who gets it; None if there is none."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: Key, answer: dict[str, Any]) -> None:
        """Keeps an answer and forgets the one used longest ago."""
        if self._size:
            self._kept[key] = answer
            self._kept.move_to_end(key)
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)
