"""Workers that take one kind of message: voice notes, or all but these."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from api.heartbeat import Heartbeat
from api.whatsapp.payload import Inbound
from api.worker_process import hearing_pool
from nlu.settings.settings import Only, WorkerSettings
from nlu.turn import Media
from tests.inbox.turn_bench import Bench
from tests.inbox.worker_fakes import make_worker, message

KINDS: tuple[Only, Only] = ("voice", "text")
HEARD = "echo కరెంటు బిల్లు"


def voice(number: int, citizen: str) -> Inbound:
    note = message(number, citizen=citizen)
    return replace(note, kind="audio", text=None, media=Media("m1", voice=True))


@asynccontextmanager
async def working(bench: Bench, *kinds: Only) -> AsyncIterator[None]:
    """A worker of each kind, until the block ends."""
    stop, fakes = asyncio.Event(), (bench.store, bench.engine, bench.whatsapp, bench.clock)
    workers = [
        make_worker(*fakes, transcriber=None if only == "text" else bench.transcriber, only=only)
        for only in kinds
    ]
    running = [asyncio.create_task(worker.run(stop)) for worker in workers]
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*running), 10)


async def texts(bench: Bench, count: int) -> list[str]:
    """What WhatsApp took, once there are so many, and after a while in which more could come."""
    for _ in range(1000):
        if len(bench.whatsapp.taken) >= count:
            break
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    return sorted(bench.whatsapp.texts())


@pytest.mark.parametrize(("only", "said"), [("voice", HEARD), ("text", "echo pay")])
async def test_a_worker_takes_its_kind_and_leaves_the_other(
    only: Only, said: str, bench: Bench
) -> None:
    await bench.store.put([voice(1, "IN.1"), message(2, "pay", citizen="IN.2")])
    async with working(bench, only):
        assert await texts(bench, 1) == [said]
    assert (await bench.store.depth()).waiting == 1


async def test_two_kinds_together_answer_everything(bench: Bench) -> None:
    await bench.store.put([voice(1, "IN.1"), message(2, "pay", citizen="IN.2")])
    async with working(bench, *KINDS):
        assert await texts(bench, 2) == sorted(["echo pay", HEARD])
    depth = await bench.store.depth()
    assert (depth.waiting, depth.outgoing) == (0, 0)


async def test_a_text_waits_for_the_voice_note_before_it(bench: Bench) -> None:
    """Each worker has messages that the other must answer first: a citizen's order is one."""
    bench.transcriber.go = asyncio.Event()
    await bench.store.put([voice(1, "IN.1"), message(2, "pay", citizen="IN.1"), voice(3, "IN.1")])
    async with working(bench, *KINDS):
        assert await texts(bench, 0) == []
        bench.transcriber.go.set()
        await texts(bench, 3)
    assert bench.whatsapp.texts() == [HEARD, "echo pay", HEARD]


@pytest.mark.parametrize("only", KINDS)
async def test_each_kind_sends_the_replies_of_both(only: Only, bench: Bench) -> None:
    """Or a reply would wait for ever where there are only workers of the other kind."""
    await bench.store.put([voice(1, "IN.1"), message(2, "pay", citizen="IN.2")])
    fakes = (bench.store, bench.engine, bench.whatsapp, bench.clock)
    other = make_worker(*fakes, transcriber=bench.transcriber)
    for claim in await bench.store.claim("other", 2):
        await other._serve(claim)  # and it ends before it has sent anything
    async with working(bench, only):
        assert await texts(bench, 2) == sorted(["echo pay", HEARD])


@pytest.mark.parametrize(("only", "hears"), [("", True), ("voice", True), ("text", False)])
def test_who_takes_no_voice_notes_hears_nothing(only: Only, hears: bool) -> None:
    """The models take 0.4 GB and a core."""
    settings = WorkerSettings(worker_only=only)
    assert (hearing_pool(settings, waiting=2) is not None) is hears
    assert Heartbeat(30, only=only).as_json()["only"] == (only or None)
