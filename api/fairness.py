"""What keeps a message from paying for another one, or for a machine that stood still."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

T = TypeVar("T")
_SLICES = 20


class Company:
    """Turns go on together, but one that is suspected of a death has the worker for itself.

    Whoever dies with several turns in hand leaves all of them suspected. Alone, the innocent ones
    are answered, and the one at fault is the only one that can be blamed again. Voice notes keep
    out of it: they are heard for long.
    """

    def __init__(self) -> None:
        self._under_way, self._suspected = 0, 0
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def turn(self, *, alone: bool) -> AsyncIterator[None]:
        """Enters when there is place; nobody else enters while one waits to be alone."""
        self._suspected += alone
        try:
            while self._under_way if alone else self._suspected:
                self._changed.clear()
                await self._changed.wait()
            self._under_way += 1
            try:
                yield
            finally:
                self._under_way -= 1
        finally:
            self._suspected -= alone
            self._changed.set()


async def within(seconds: float, turn: Coroutine[Any, Any, T]) -> T:
    """What the turn comes to; asyncio.TimeoutError, and the turn is ended, if it takes longer.

    Only time in which this process ran is counted: after a stop of the machine each turn goes on
    with what it had left, less a twentieth at most.
    """
    task = asyncio.ensure_future(turn)
    try:
        for _ in range(_SLICES):
            done, _ = await asyncio.wait({task}, timeout=seconds / _SLICES)
            if done:
                return task.result()
        raise asyncio.TimeoutError
    finally:
        if not task.done():
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
