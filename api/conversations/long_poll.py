"""Requests that are answered when there is something to tell, or when their time is over.

Each looks again after growing pauses: what it waits for is written by another process, and SQLite
tells nobody. A look is one read by an index.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager
from typing import TypeVar

import regex
from starlette.requests import Request

T = TypeVar("T")
_WAIT = regex.compile(r'(?:^|[,;\s])wait\s*=\s*"?([0-9]{1,6})')
_FIRST_PAUSE, _LONGEST_PAUSE, _GROWTH = 0.03, 0.4, 1.3  # seconds


def wanted(request: Request, most: float) -> float:
    """The seconds in `Prefer: wait=SECONDS` (RFC 7240), at most `most`; 0 without it."""
    found = _WAIT.search(request.headers.get("prefer", "").lower())
    return min(float(found[1]), most) if found else 0.0


class LongPolls:
    """All of one process. Beyond `most` at a time nobody waits: the answer tells how it is now."""

    def __init__(
        self,
        most: int,
        is_over: Callable[[], bool],
        counted: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """`is_over`: whether the process is about to stop, so that nobody is to wait any more.
        `counted` is a context in which one waits."""
        self._most, self._is_over, self._counted = most, is_over, counted
        self.open = 0

    async def until(
        self, request: Request, seconds: float, look: Callable[[], Awaitable[T | None]]
    ) -> T | None:
        """What `look` finds, as soon as it finds something; None once the time is over, or the
        client gone."""
        found = await look()
        if found is not None or seconds <= 0 or self.open >= self._most:
            return found
        self.open += 1
        try:
            with self._counted():
                return await self._wait(request, seconds, look)
        finally:
            self.open -= 1

    async def _wait(
        self, request: Request, seconds: float, look: Callable[[], Awaitable[T | None]]
    ) -> T | None:
        now = asyncio.get_running_loop().time
        until, pause = now() + seconds, _FIRST_PAUSE
        while (left := until - now()) > 0 and not self._is_over():
            await asyncio.sleep(min(pause, left))
            if await request.is_disconnected():
                return None
            found = await look()
            if found is not None:
                return found
            pause = min(pause * _GROWTH, _LONGEST_PAUSE)
        return None
