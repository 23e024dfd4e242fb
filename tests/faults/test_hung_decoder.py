"""A voice note that makes its decoder hang or die, from the webhook to the answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from nlu.speech.pool import HearingPool
from nlu.speech.settings import Deadlines
from nlu.turn import Media
from tests.inbox.worker_fakes import (
    PHRASES,
    Clock,
    FakeEngine,
    FakeWhatsApp,
    make_worker,
    message,
    open_store,
)
from tests.speech.pool_fakes import echo


def voice(number: int, words: str) -> Any:
    """A note of a citizen of its own that makes the fake decoder do what it says."""
    note = message(number, citizen=f"IN.{number}")
    return replace(note, kind="audio", text=None, media=Media(words, voice=True))


@pytest.fixture
async def pool() -> AsyncIterator[HearingPool]:
    deadlines = Deadlines(load=60, read=2, hear=2, hear_per_second=0.1, end=0.5)
    made = HearingPool(1, 2, load=echo, deadlines=deadlines)
    yield made
    await made.close()


@pytest.mark.parametrize("words", ["hang", "hang in the file", "die"])
async def test_its_sender_is_told_and_the_others_are_answered(
    pool: HearingPool, words: str, tmp_path: Path
) -> None:
    """Eight such notes used to stop the worker for everybody, and for ever."""
    store = open_store(tmp_path / "seva.sqlite", Clock())
    whatsapp = FakeWhatsApp(files={words: words.encode(), "fine": b"fine"})
    worker = make_worker(store, FakeEngine(), whatsapp, Clock(), transcriber=pool, voices=2)
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(stop))
    try:
        await store.put([voice(1, words), voice(2, words), voice(3, "fine"), voice(4, "fine")])
        await store.put([message(n, "a text", citizen=f"IN.{n}") for n in range(5, 10)])
        for _ in range(3000):
            if len(whatsapp.taken) >= 9:
                break
            await asyncio.sleep(0.02)
    finally:
        stop.set()
        await asyncio.wait_for(running, 60)
        await store.close()
    failed = PHRASES["voice_failed"]["te"]
    said = {citizen: outgoing.text for _, citizen, outgoing in whatsapp.taken}
    assert said == {
        "IN.1": failed,
        "IN.2": failed,
        "IN.3": "echo fine",
        "IN.4": "echo fine",
        **{f"IN.{n}": "echo a text" for n in range(5, 10)},
    }
