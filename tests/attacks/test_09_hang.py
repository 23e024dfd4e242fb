"""A recording that makes a decoder hang or die costs others nothing.

It used to keep the only process for ever, and each such note took one of the worker's places.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nlu.speech.errors import SpeechError
from nlu.speech.pool import HearingPool, PoolFull
from nlu.speech.settings import Deadlines, load_settings
from tests.speech.pool_fakes import echo

SHORT = Deadlines(load=60, read=2, hear=2, hear_per_second=0.1, end=0.5)


@pytest.fixture
async def pool() -> AsyncIterator[HearingPool]:
    made = HearingPool(1, 30, load=echo, deadlines=SHORT)
    yield made
    await made.close()


async def process_of(pool: HearingPool) -> int:
    return int((await pool.transcribe(b"who", None)).model.split()[-1])


def gone(process: int) -> bool:
    """Whether a process ended; one that nobody has waited for yet counts as ended."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state in "ZX"


async def until_gone(process: int) -> None:
    for _ in range(1000):
        if gone(process):
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it lives on")


@pytest.mark.parametrize("words", ["hang", "hang in the file"])
async def test_a_hung_decoder_is_killed_and_replaced(pool: HearingPool, words: str) -> None:
    """Whether it hangs in FFmpeg or in the model; who waits is heard by the next process."""
    first = await process_of(pool)
    hung = asyncio.create_task(pool.transcribe(words.encode(), None, "bad"))
    await asyncio.sleep(0)
    others = [asyncio.create_task(pool.transcribe(b"fine", None, f"good {n}")) for n in range(5)]
    with pytest.raises(SpeechError) as caught:
        await hung
    assert caught.value.code == "hearing_failed"
    heard = await asyncio.gather(*others)
    assert [one.text for one in heard] == ["fine"] * 5
    assert gone(first)
    assert await process_of(pool) != first


async def test_what_a_killed_process_heard_is_heard_again(pool: HearingPool) -> None:
    """By a fresh process, once; those who wait notice nothing."""
    process = await process_of(pool)
    heard = asyncio.create_task(pool.transcribe(b"sleep", None, "a"))
    waiting = asyncio.create_task(pool.transcribe(b"waits", None, "b"))
    await asyncio.sleep(0.1)
    os.kill(process, signal.SIGKILL)
    assert (await heard).text == "sleep"
    assert (await waiting).text == "waits"


async def test_a_process_that_died_while_idle_costs_no_try(
    pool: HearingPool, tmp_path: Path
) -> None:
    process = await process_of(pool)
    os.kill(process, signal.SIGKILL)
    await until_gone(process)
    words = f"die once {tmp_path / 'died'}"
    assert (await pool.transcribe(words.encode(), None)).text == words


async def test_a_death_takes_no_other_process_along() -> None:
    """Processes used to share one fate: one death broke what the others were hearing."""
    pool = HearingPool(2, 4, load=echo, deadlines=SHORT)
    try:
        await asyncio.gather(*(pool.transcribe(b"sleep", None) for _ in range(2)))  # both started
        dying = asyncio.create_task(pool.transcribe(b"die", None))
        (heard,) = await asyncio.gather(pool.transcribe(b"sleep", None))
        with pytest.raises(SpeechError):
            await dying
        assert heard.text == "sleep"
    finally:
        await pool.close()


async def test_a_turn_that_is_given_up_ends_its_process(pool: HearingPool) -> None:
    """Or it would keep its place to the end of its deadline."""
    process = await process_of(pool)
    turn = asyncio.create_task(pool.transcribe(b"hang", None))
    await asyncio.sleep(0.1)
    turn.cancel()
    with pytest.raises(asyncio.CancelledError):
        await turn
    await until_gone(process)
    assert (await pool.transcribe(b"next", None)).text == "next"


async def test_the_end_does_not_wait_for_a_hung_decoder() -> None:
    """Nor for those who wait: they are told that they were not taken."""
    pool = HearingPool(1, 4, load=echo, deadlines=Deadlines(60, 3600, 3600, 0, end=0.2))
    process = await process_of(pool)
    under_way = [asyncio.create_task(pool.transcribe(b"hang", None, str(n))) for n in range(3)]
    await asyncio.sleep(0.1)
    await asyncio.wait_for(pool.close(), 30)
    found = await asyncio.gather(*under_way, return_exceptions=True)
    assert [type(one) for one in found] == [PoolFull] * 3
    assert gone(process)


def test_the_deadline_grows_with_the_recording() -> None:
    deadlines = load_settings().deadlines
    assert 0 < deadlines.hearing(5) < deadlines.hearing(120) < 600
