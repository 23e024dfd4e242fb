"""What becomes of a message whose turn failed, took too long, or died with its worker.

If something of our own is away, the failure does not count: the message goes back and waits. A
message becomes a dead letter only if it fails while all else works, or if processes that worked on
it died again and again. Benchmarks use the same rules as the worker.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from api.whatsapp.policy import WhatsAppPolicy, step
from nlu.turn import BROKEN, FAILED, TurnFailed

T = TypeVar("T")
_SLICES = 20


@dataclass(frozen=True)
class Wait:
    """Something of our own is away. `died`: it ended during this turn, so the death is counted."""

    died: bool


@dataclass(frozen=True)
class Again:
    """The message is tried again after so many seconds. The attempt counts."""

    seconds: float


@dataclass(frozen=True)
class GiveUp:
    """The message becomes a dead letter, and the citizen is told."""


Next = Wait | Again | GiveUp


def after(error: TurnFailed, attempt: int, *, healthy: bool, policy: WhatsAppPolicy) -> Next:
    """What follows a failed turn. `attempt` counts from 1; `healthy`: all else works now."""
    if error.trouble != FAILED or not healthy:
        return Wait(died=error.trouble == BROKEN)
    if attempt >= policy.retry.turn.attempts:
        return GiveUp()
    return Again(step(policy.retry.turn.wait, attempt))


def died_too_often(deaths: int, policy: WhatsAppPolicy) -> bool:
    """Whether too many processes died while they worked on a message, so that it must end."""
    return deaths > policy.retry.turn.deaths


class Company:
    """Lets turns run together; a turn that is suspected of a death runs alone.

    If a worker dies during several turns, all of them are suspected. When each then runs alone, the
    innocent ones are answered, and only the guilty one can be suspected again. Voice notes are not
    counted, because hearing takes long.
    """

    def __init__(self) -> None:
        self._under_way, self._suspected = 0, 0
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def turn(self, *, alone: bool) -> AsyncIterator[None]:
        """Waits for a place. Nobody enters while a turn waits to be alone."""
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
    """The result of a turn. If it takes longer, it is ended with asyncio.TimeoutError.

    Only time in which this process ran counts. After a stop of the machine a turn goes on with the
    time that it had left, less a twentieth at most.
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
