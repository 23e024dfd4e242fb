"""Loops that claim work and do it in so many places, until they are asked to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any

from api.outage import STORE, Away, Outage
from api.whatsapp.policy import step
from nlu.log import describe, get_logger

log = get_logger(__name__)
Claiming = Callable[[int], Awaitable[list[Any]]]
"""Takes how many are wanted, and gives those that are ours now."""
Work = Callable[[Any], Coroutine[Any, Any, None]]


class ClaimLoops:
    """The loops of a process. Each looks again after a while, or at once when it is woken."""

    def __init__(self, outage: Outage, waits: Sequence[float], shutdown_s: float) -> None:
        """`waits`: seconds after a claim that failed, the first time, the second, ...;
        `shutdown_s`: seconds for what is under way in the end."""
        self._outage, self._waits, self._shutdown = outage, waits, shutdown_s
        self._woken: set[asyncio.Event] = set()  # one for each loop: another's could be missed

    def wake(self) -> None:
        """There may be something to claim."""
        for loop in self._woken:
            loop.set()

    async def run(
        self, stop: asyncio.Event, claim: Claiming, work: Work, places: int, idle_s: float
    ) -> None:
        """One loop, for up to `places` pieces of work at a time; where nobody wakes it, it looks
        again after `idle_s` seconds."""
        tasks: set[asyncio.Task[None]] = set()
        woken, failed = asyncio.Event(), 0
        self._woken.add(woken)
        while not stop.is_set():
            woken.clear()  # before the claim: what comes while it looks is not missed
            free = places - len(tasks)
            found: list[Any] = []
            try:
                found = await claim(free) if free else []
                failed = 0
            except Exception as error:  # the store may come back
                failed += 1
                self._outage.begin(str(Away(STORE, error)))
                log.error("claim_failed", error=describe(error), times=failed)
                await asyncio.sleep(step(self._waits, failed))
            for item in found:
                task = asyncio.create_task(work(item))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            if not found:
                with suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(woken.wait(), idle_s)
        self._woken.discard(woken)
        await _finish(tasks, self._shutdown)


async def _finish(tasks: set[asyncio.Task[None]], seconds: float) -> None:
    """Waits for work under way. What takes too long is cancelled."""
    if not tasks:
        return
    _, late = await asyncio.wait(tasks, timeout=seconds)
    for task in late:
        task.cancel()
    await asyncio.gather(*late, return_exceptions=True)
