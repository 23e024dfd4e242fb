"""Whether this process stood still: it was stopped, or its whole machine was.

When it goes on, the time of every call under way is up at once. That tells nothing about the
departments, and nobody is told that they do not answer.
"""

from __future__ import annotations

import asyncio
import math
import time

_TICK = 0.25
LONGEST = 1.0
"""Seconds between two ticks from which on the process stood still."""
AFTERMATH = 1.0
"""Seconds in which calls still fail for it."""


class StoodStill(Exception):
    """A call has no answer because this process stood still: trouble of ours."""


class Standstill:
    """Ticks on the event loop of its calls."""

    def __init__(self) -> None:
        self._tick_at = self._ended = -math.inf
        self._loop: asyncio.AbstractEventLoop | None = None

    def watch(self) -> None:
        """Begins to tick on this loop, if it does not yet."""
        loop = asyncio.get_running_loop()
        if self._loop is not loop:
            self._loop, self._tick_at = loop, time.monotonic()
            loop.call_later(_TICK, self._tick, loop)

    def is_lately(self) -> bool:
        """Whether the process stood still just now."""
        return self.is_since(time.monotonic() - AFTERMATH)

    def is_since(self, moment: float) -> bool:
        """Whether it did after a moment of `time.monotonic`."""
        late = self._loop is not None and time.monotonic() - self._tick_at > LONGEST
        return late or self._ended > moment

    def _tick(self, loop: asyncio.AbstractEventLoop) -> None:
        if loop is not self._loop:
            return
        now = time.monotonic()
        if now - self._tick_at > LONGEST:
            self._ended = now
        self._tick_at = now
        loop.call_later(_TICK, self._tick, loop)
