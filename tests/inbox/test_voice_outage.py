"""A voice note waits while nothing can be fetched or heard; texts do not."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import httpx
import pytest

from api.whatsapp.sender import SendFailed, SendInDoubt
from nlu.speech.errors import SpeechModelError
from nlu.speech.pool import PoolFull
from tests.inbox.test_voice_turns import voice
from tests.inbox.test_worker_life import until
from tests.inbox.turn_bench import Bench
from tests.inbox.worker_fakes import POLICY, failed_turns, make_worker, message

AWAY = [
    SpeechModelError("the models did not load within 60 s"),
    PoolFull("2 recordings wait"),
    SendFailed("retry", None),
    SendFailed("alert", 190),
    SendInDoubt("ReadTimeout"),
    httpx.ConnectError("no route"),
    httpx.HTTPStatusError(
        "503", request=httpx.Request("GET", "https://x"), response=httpx.Response(503)
    ),
]


@pytest.mark.parametrize("error", AWAY, ids=lambda error: f"{type(error).__name__} {error}")
async def test_voice_note_waits_while_it_cannot_be_heard(bench: Bench, error: Exception) -> None:
    """Whichever part raises it: the worker sees the same."""
    worker = make_worker(
        bench.store, bench.engine, bench.whatsapp, bench.clock, transcriber=bench.transcriber
    )
    bench.transcriber.error = error
    await bench.store.put([voice(1), message(2), message(3, citizen="IN.3")])
    pauses, tried = [], 0
    while len(pauses) < 6:
        await worker.drain()
        if len(bench.transcriber.asked) > tried:
            tried += 1
            pauses.append(bench.clock.now)
        bench.clock.now += 1
    waits = [round(after - before) for before, after in pairwise(pauses)]
    assert waits == list(POLICY.retry.send.wait)
    assert bench.whatsapp.texts() == ["echo text 3"]
    assert not worker.outage.what and worker._heartbeat.is_ready
    assert "voice" in worker._heartbeat.as_json()["troubles"]
    bench.transcriber.error = None
    bench.clock.now += POLICY.retry.send.wait[-1]
    await worker.drain()
    assert bench.whatsapp.texts() == ["echo text 3", "echo కరెంటు బిల్లు", "echo text 2"]
    assert failed_turns(bench.store) == {0}
    assert not worker._heartbeat.as_json()["troubles"]


@pytest.mark.parametrize(
    "error",
    [
        SendFailed("final", 100),
        httpx.HTTPStatusError(
            "400", request=httpx.Request("GET", "https://x"), response=httpx.Response(400)
        ),
    ],
    ids=["final", "400"],
)
async def test_file_that_whatsapp_will_never_give_ends(bench: Bench, error: Exception) -> None:
    bench.transcriber.error = error
    await bench.store.put([voice(1)])
    for _ in range(POLICY.retry.turn.attempts + 1):
        await bench.say()
        bench.clock.now += 30
    assert bench.whatsapp.texts() == ["te:internal_error"]


class Endless:
    """Hears without end."""

    async def transcribe(self, *_: object) -> None:
        await asyncio.Event().wait()


@pytest.mark.parametrize("suspect", [1, 2])
async def test_text_does_not_wait_for_a_recording_whoever_is_suspected(
    bench: Bench, suspect: int
) -> None:
    """A worker died with both in hand, so that either may have been the cause."""
    await bench.store.put([voice(1), message(2, citizen="IN.2")])
    claims = await bench.store.claim("dead", 2)
    for claim in claims:
        await bench.store.release(
            claim, died=claim.message.message_id == message(suspect).message_id
        )
    stop = asyncio.Event()
    worker = make_worker(
        bench.store,
        bench.engine,
        bench.whatsapp,
        bench.clock,
        transcriber=Endless(),
        shutdown_s=0.1,
    )
    running = asyncio.create_task(worker.run(stop))
    await until(lambda: bench.whatsapp.texts() == ["echo text 2"])
    stop.set()
    await asyncio.wait_for(running, 5)
