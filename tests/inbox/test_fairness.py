"""Nobody pays for a neighbour's message, nor for a process that stood still."""

from __future__ import annotations

import asyncio
import time

import pytest

from api.failures import Company, within
from api.inbox.store import StoredInbox
from nlu.turn import BROKEN, Message, Turned, TurnFailed
from tests.inbox.test_worker_life import until
from tests.inbox.worker_fakes import (
    Clock,
    FakeEngine,
    FakeWhatsApp,
    make_worker,
    message,
)


class Killable(FakeEngine):
    """An action server that one text kills, and everything in its hands with it."""

    def __init__(self) -> None:
        super().__init__()
        self.death = asyncio.Event()

    async def turn(self, message: Message, tracker: str | None = None) -> Turned:
        death = self.death
        if message.text == "poison":
            await asyncio.sleep(0.02)
            self.death = asyncio.Event()
            death.set()
        try:
            await asyncio.wait_for(death.wait(), 0.05)
        except asyncio.TimeoutError:
            return await super().turn(message, tracker)
        raise TurnFailed("broken off", BROKEN)


@pytest.mark.slow
async def test_one_that_kills_the_action_server_takes_nobody_along(
    store: StoredInbox, clock: Clock
) -> None:
    engine, whatsapp, stop = Killable(), FakeWhatsApp(), asyncio.Event()
    worker = make_worker(store, engine, whatsapp, clock)
    worker.outage._waits = (0.05,)
    await store.put([message(1, "poison"), *(message(n, citizen=f"IN.{n}") for n in range(2, 5))])
    running = asyncio.create_task(worker.run(stop))
    await until(lambda: len(whatsapp.taken) == 4)
    stop.set()
    await asyncio.wait_for(running, 5)
    said = {who: text.text for _, who, text in whatsapp.taken}
    innocent = {f"IN.{n}": f"echo text {n}" for n in range(2, 5)}
    assert said == {"IN.1": "te:internal_error"} | innocent
    assert (await store.depth()).dead == 1


async def test_suspects_are_alone_and_others_together() -> None:
    company, under_way, seen = Company(), set[str](), dict[str, set[str]]()

    async def turn(name: str, alone: bool) -> None:
        async with company.turn(alone=alone):
            under_way.add(name)
            await asyncio.sleep(0.01)
            seen[name] = set(under_way)
            under_way.discard(name)

    names = ["a", "b", "X", "c", "Y", "d"]
    await asyncio.gather(*(turn(name, name.isupper()) for name in names))
    assert seen["X"] == {"X"} and seen["Y"] == {"Y"}
    assert seen["a"] == {"a", "b"} and seen["c"] == {"c", "d"}


async def test_a_suspect_that_gives_up_waiting_holds_nobody_up() -> None:
    company = Company()

    async def alone() -> None:
        async with company.turn(alone=True):
            raise AssertionError

    async with company.turn(alone=False):
        waits = asyncio.create_task(alone())
        await asyncio.sleep(0.01)
        waits.cancel()
        await asyncio.gather(waits, return_exceptions=True)
        async with company.turn(alone=False):
            pass


@pytest.mark.slow
async def test_budget_counts_no_time_in_which_the_process_stood_still() -> None:
    async def turn() -> str:
        for _ in range(5):
            await asyncio.sleep(0.01)
        return "answered"

    running = asyncio.create_task(within(0.3, turn()))
    await asyncio.sleep(0.02)
    time.sleep(0.6)  # a stop of the whole process
    assert await running == "answered"
    with pytest.raises(asyncio.TimeoutError):
        await within(0.05, asyncio.sleep(5))


async def test_cancelled_budget_ends_the_turn() -> None:
    ended = asyncio.Event()

    async def turn() -> None:
        try:
            await asyncio.sleep(5)
        finally:
            ended.set()

    running = asyncio.create_task(within(60, turn()))
    await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    assert running.cancelled() and ended.is_set()
