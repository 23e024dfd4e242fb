"""Voice notes in processes of their own: order, fairness, bounds, deaths, and no file left."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from nlu.speech.errors import SpeechError, SpeechModelError
from nlu.speech.pool import HearingPool, PoolFull
from nlu.speech.settings import Deadlines
from tests.speech.pool_fakes import Echo, dying_model, echo, no_model, slow_model

SHORT = Deadlines(load=60, read=2, hear=2, hear_per_second=0.1, end=0.5)


@pytest.fixture
async def pool() -> AsyncIterator[HearingPool]:
    made = HearingPool(1, 30, load=echo)
    yield made
    await made.close()


async def test_a_recording_is_heard_elsewhere_and_no_file_holds_it(pool: HearingPool) -> None:
    """It lies in memory only: even a process that is killed leaves no voice behind."""
    heard = await pool.transcribe("నమస్తే".encode(), "hi", "a")
    path, *_, process = heard.model.split()
    assert (heard.text, heard.language) == ("నమస్తే", "hi")
    assert path.startswith("/memfd:")
    assert int(process) != os.getpid()


async def test_errors_come_through(pool: HearingPool) -> None:
    """With their code; the place is free afterwards."""
    with pytest.raises(SpeechError) as caught:
        await pool.transcribe(b"broken", None)
    assert (caught.value.code, str(caught.value)) == ("unreadable_audio", "it is broken")
    assert (await pool.transcribe(b"next", None)).text == "next"


async def test_callers_take_turns(pool: HearingPool) -> None:
    """Who comes with twenty does not keep the others waiting for twenty."""
    await pool.transcribe(b"warm", None)
    order: list[str] = []

    async def hear(words: str, caller: str) -> None:
        await pool.transcribe(words.encode(), None, caller)
        order.append(words)

    many = [asyncio.create_task(hear(f"sleep a{n}", "a")) for n in range(6)]
    await asyncio.sleep(0)
    others = [asyncio.create_task(hear("sleep b", "b")), asyncio.create_task(hear("sleep c", "c"))]
    await asyncio.gather(*many, *others)
    assert order[:4] == ["sleep a0", "sleep b", "sleep c", "sleep a1"]
    assert order[4:] == [f"sleep a{n}" for n in range(2, 6)]


async def test_so_many_may_wait_and_no_more() -> None:
    """The rest is told at once; nothing is lost of those who wait."""
    pool = HearingPool(1, 2, load=echo)
    try:
        tasks = [asyncio.create_task(pool.transcribe(b"sleep", None, str(n))) for n in range(4)]
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert [isinstance(one, PoolFull) for one in found] == [False, False, False, True]
        assert pool.depth == 0
    finally:
        await pool.close()


async def test_who_gives_up_waiting_leaves_the_place_to_others(pool: HearingPool) -> None:
    first = asyncio.create_task(pool.transcribe(b"sleep", None, "a"))
    await asyncio.sleep(0)
    gone = asyncio.create_task(pool.transcribe(b"sleep", None, "b"))
    await asyncio.sleep(0)
    gone.cancel()
    await first
    assert (await asyncio.wait_for(pool.transcribe(b"c", None, "c"), 10)).text == "c"
    assert pool.depth == 0


async def test_a_killed_process_is_replaced(pool: HearingPool, tmp_path: Path) -> None:
    """What it was hearing is heard by the next."""
    words = f"die once {tmp_path / 'died'}"
    assert (await pool.transcribe(words.encode(), None)).text == words
    with pytest.raises(SpeechError) as caught:
        await pool.transcribe(b"die", None)
    assert caught.value.code == "hearing_failed"
    assert (await pool.transcribe(b"alive", None)).text == "alive"


@pytest.mark.parametrize(
    ("load", "why"),
    [
        (no_model, "there is no model"),
        (slow_model, "did not load within"),
        (dying_model, "ended while it loaded"),
    ],
)
async def test_a_model_that_does_not_load_is_told(load: Callable[[], Echo], why: str) -> None:
    """It is no fault of the recording; the next one tries again."""
    pool = HearingPool(1, 1, load=load, deadlines=replace(SHORT, load=3))
    try:
        for _ in range(2):
            with pytest.raises(SpeechModelError, match=why):
                await pool.transcribe(b"x", None)
    finally:
        await pool.close()


async def test_of_a_strange_error_only_its_kind_is_told(pool: HearingPool) -> None:
    with pytest.raises(RuntimeError, match="ZeroDivisionError") as caught:
        await pool.transcribe(b"fail", None)
    assert "words" not in str(caught.value)


async def test_the_real_model_hears_through_the_pool() -> None:
    """The demo's Telugu note, by a process with Whisper in it; this one has none."""
    pool = HearingPool(1, 1)
    note = Path(__file__).resolve().parents[2] / "data" / "demo" / "voice-te.ogg"
    try:
        heard = await pool.transcribe(note.read_bytes(), None)
    finally:
        await pool.close()
    assert heard.language == "te" and "billu" in heard.text.lower()
