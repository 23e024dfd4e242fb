"""An outage of ours is no attempt of a citizen: nothing dies, everything is answered in order."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from api.inbox.store import StoredInbox
from nlu.turn import AWAY, BROKEN, FAILED, Message, Turned, TurnFailed
from tests.inbox.test_worker_life import until
from tests.inbox.worker_fakes import (
    POLICY,
    Clock,
    FakeEngine,
    FakeWhatsApp,
    failed_turns,
    make_worker,
    message,
)


class AwayEngine(FakeEngine):
    """An action server that is away until it is let back; counts the turns that were tried."""

    def __init__(self, trouble: str) -> None:
        super().__init__()
        self.trouble, self.tried, self.healthy = trouble, 0, False

    async def turn(self, message: Message, tracker: str | None = None) -> Turned:
        if not self.healthy:
            self.tried += 1
            raise TurnFailed("not there", self.trouble)
        return await super().turn(message, tracker)


@pytest.mark.slow
@pytest.mark.parametrize("trouble", [AWAY, BROKEN, FAILED])
async def test_outage_makes_no_dead_letter(store: StoredInbox, clock: Clock, trouble: str) -> None:
    engine, whatsapp, stop = AwayEngine(trouble), FakeWhatsApp(), asyncio.Event()
    worker = make_worker(store, engine, whatsapp, clock)
    running = asyncio.create_task(worker.run(stop))
    for number in range(100):
        await store.put([message(number, citizen=f"IN.{number % 10}")])
    await until(lambda: engine.tried)
    assert worker.outage.what
    await asyncio.sleep(0.6)  # a pause or two
    assert engine.tried <= worker._concurrency + 1  # nothing is tried in between
    assert (await store.depth()).waiting == 100
    engine.healthy = True
    await until(lambda: len(whatsapp.taken) == 100)
    stop.set()
    await asyncio.wait_for(running, 5)
    assert (await store.depth()).dead == 0
    for citizen in range(10):
        texts = [said.text for _, who, said in whatsapp.taken if who == f"IN.{citizen}"]
        assert texts == [f"echo text {number}" for number in range(citizen, 100, 10)]
    assert failed_turns(store) == {0}
    assert not worker.outage.what


async def test_message_that_fails_while_all_works_becomes_a_dead_letter(
    store: StoredInbox, clock: Clock
) -> None:
    engine, whatsapp = FakeEngine(), FakeWhatsApp()
    engine.failures = [TurnFailed("no", FAILED)] * 3
    await store.put([message(1), message(2)])
    for _ in range(4):
        await make_worker(store, engine, whatsapp, clock).drain()
        clock.now += 30
    assert whatsapp.texts() == ["te:internal_error", "echo text 2"]


async def test_message_that_kills_the_action_server_each_time_is_given_up(
    store: StoredInbox, clock: Clock
) -> None:
    """It is healthy again each time, so no outage; but not for ever."""
    engine, whatsapp = FakeEngine(), FakeWhatsApp()
    engine.failures = [TurnFailed("broken off", BROKEN)] * 99
    await store.put([message(1)])
    for _ in range(POLICY.retry.turn.deaths + 2):
        await make_worker(store, engine, whatsapp, clock).drain()
    assert whatsapp.texts() == ["te:internal_error"]
    assert len(engine.failures) == 99 - POLICY.retry.turn.deaths - 1


@pytest.mark.slow
async def test_restarts_of_the_worker_bury_nothing(store: StoredInbox, clock: Clock) -> None:
    """B8: a stop gives the message back and counts nothing."""

    class Never(FakeEngine):
        async def turn(self, *_: Any, **__: Any) -> Turned:
            await asyncio.sleep(60)
            raise AssertionError

    for _ in range(POLICY.retry.turn.deaths + 3):
        stop = asyncio.Event()
        worker = make_worker(store, Never(), FakeWhatsApp(), clock, shutdown_s=0.01)
        await store.put([message(1)])
        running = asyncio.create_task(worker.run(stop))
        await asyncio.sleep(0.05)
        stop.set()
        await asyncio.wait_for(running, 5)
    whatsapp = FakeWhatsApp()
    await make_worker(store, FakeEngine(), whatsapp, clock).drain()
    assert whatsapp.texts() == ["echo text 1"]
