"""The worker's loops: start, idle, stop politely, stop late, survive a failing store."""

from __future__ import annotations

import asyncio
from typing import Any

from api.inbox.store import StoredInbox
from nlu.turn import Message, Turned
from tests.inbox.worker_fakes import Clock, FakeEngine, FakeWhatsApp, make_worker, message


class SlowEngine(FakeEngine):
    """Answers when it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.go = asyncio.Event(), asyncio.Event()

    async def turn(self, message: Message, tracker: str | None = None) -> Turned:
        self.asked.set()
        await self.go.wait()
        return await super().turn(message, tracker)


async def until(found: Any) -> None:
    for _ in range(500):
        if found():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never happened")


async def test_worker_answers_what_comes_and_stops_when_asked(
    store: StoredInbox, clock: Clock
) -> None:
    whatsapp, stop = FakeWhatsApp(), asyncio.Event()
    worker = make_worker(store, FakeEngine(), whatsapp, clock)
    running = asyncio.create_task(worker.run(stop))
    await store.put([message(1, "a")])
    await until(lambda: whatsapp.texts() == ["echo a"])
    await store.put([message(2, "b"), message(3, "c", citizen="IN.2")])
    await until(lambda: sorted(whatsapp.texts()) == ["echo a", "echo b", "echo c"])
    stop.set()
    await asyncio.wait_for(running, 2)


async def test_turn_under_way_is_finished_before_the_stop(store: StoredInbox, clock: Clock) -> None:
    engine, stop = SlowEngine(), asyncio.Event()
    running = asyncio.create_task(make_worker(store, engine, FakeWhatsApp(), clock).run(stop))
    await store.put([message(1)])
    await asyncio.wait_for(engine.asked.wait(), 2)
    stop.set()
    await asyncio.sleep(0.1)
    engine.go.set()
    await asyncio.wait_for(running, 2)
    depth = await store.depth()
    assert (depth.waiting, depth.outgoing) == (0, 1)


async def test_turn_that_takes_too_long_is_given_back(store: StoredInbox, clock: Clock) -> None:
    engine, stop = SlowEngine(), asyncio.Event()
    worker = make_worker(store, engine, FakeWhatsApp(), clock, shutdown_s=0.05)
    running = asyncio.create_task(worker.run(stop))
    await store.put([message(1, "a")])
    await asyncio.wait_for(engine.asked.wait(), 2)
    stop.set()
    await asyncio.wait_for(running, 2)
    whatsapp = FakeWhatsApp()
    await make_worker(store, FakeEngine(), whatsapp, clock).drain()  # no lease to wait for
    assert whatsapp.texts() == ["echo a"]


async def test_other_citizens_are_served_while_one_waits(store: StoredInbox, clock: Clock) -> None:
    class OneIsSlow(SlowEngine):
        async def turn(self, message: Message, tracker: str | None = None) -> Turned:
            if message.text == "slow":
                return await super().turn(message, tracker)
            return await FakeEngine.turn(self, message, tracker)

    engine, whatsapp, stop = OneIsSlow(), FakeWhatsApp(), asyncio.Event()
    running = asyncio.create_task(make_worker(store, engine, whatsapp, clock).run(stop))
    await store.put([message(1, "slow"), message(2, "next"), message(3, "b", citizen="IN.2")])
    await until(lambda: whatsapp.texts() == ["echo b"])
    engine.go.set()
    await until(lambda: whatsapp.texts() == ["echo b", "echo slow", "echo next"])
    stop.set()
    await asyncio.wait_for(running, 2)


async def test_failing_store_is_survived(store: StoredInbox, clock: Clock) -> None:
    whatsapp, stop, worker = FakeWhatsApp(), asyncio.Event(), None
    worker = make_worker(store, FakeEngine(), whatsapp, clock)
    failures = [OSError("disk"), OSError("disk")]
    real = worker._inbox.claim

    async def claim(name: str, limit: int, voice: bool | None = None) -> Any:
        if failures:
            raise failures.pop()
        return await real(name, limit, voice)

    worker._inbox.__dict__["claim"] = claim
    running = asyncio.create_task(worker.run(stop))
    await store.put([message(1, "a")])
    await until(lambda: whatsapp.texts() == ["echo a"])
    stop.set()
    await asyncio.wait_for(running, 2)


async def test_long_turn_keeps_its_lease(store: StoredInbox, clock: Clock) -> None:
    engine, stop = SlowEngine(), asyncio.Event()
    worker = make_worker(store, engine, FakeWhatsApp(), clock, lease_s=0.06)
    running = asyncio.create_task(worker.run(stop))
    await store.put([message(1)])
    await asyncio.wait_for(engine.asked.wait(), 2)
    clock.now += 50
    await asyncio.sleep(0.1)  # renewed by now
    clock.now += 50
    assert await store.claim("other") == []
    engine.go.set()
    await until(lambda: len(engine.heard) == 1)
    stop.set()
    await asyncio.wait_for(running, 2)


class DeafWhatsApp(FakeWhatsApp):
    """Loses the cancellation that meets its call, as Python 3.10 can (bpo-42130)."""

    async def show_typing(self, phone_number_id: str, message_id: str) -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            return


async def test_lost_cancellation_does_not_type_for_ever(store: StoredInbox, clock: Clock) -> None:
    """It once kept one of the worker's places, and a stop waited its whole time for it."""
    whatsapp, stop, engine = DeafWhatsApp(), asyncio.Event(), SlowEngine()
    running = asyncio.create_task(make_worker(store, engine, whatsapp, clock).run(stop))
    await store.put([message(1, "a")])
    await asyncio.wait_for(engine.asked.wait(), 2)
    await asyncio.sleep(0.05)  # the typing indicator is being sent
    engine.go.set()
    await until(lambda: whatsapp.texts() == ["echo a"])
    stop.set()
    await asyncio.wait_for(running, 2)
