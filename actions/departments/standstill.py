"""Whether this process stood still: it was stopped, or its whole machine was.

When it goes on, the time of every call under way is up at once. That tells nothing about the
departments.
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


class Standstill:
    """Ticks on the event loop that calls it; belongs to one."""

    def __init__(self) -> None:
        self._tick_at = self._ended = -math.inf
        self._ticking: asyncio.TimerHandle | None = None

    def watch(self) -> None:
        """Begins to tick, if it does not yet."""
        if self._ticking is None:
            self._tick_at = time.monotonic()
            self._tick()

    def is_lately(self) -> bool:
        """Whether the process stood still just now."""
        now = time.monotonic()
        return now - self._tick_at > LONGEST or now - self._ended < AFTERMATH

    def _tick(self) -> None:
        now = time.monotonic()
        if now - self._tick_at > LONGEST:
            self._ended = now
        self._tick_at = now
        self._ticking = asyncio.get_running_loop().call_later(_TICK, self._tick)
