"""A message has a budget: who exceeds it is told so, and only their own turn ends."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Sequence

import pytest

from api.inbox.store import StoredInbox
from nlu.engine.waiting_line import PASS_SECONDS, PassTooLong, WaitingLine
from nlu.turn import Message, Turned
from tests.inbox.worker_fakes import (
    POLICY,
    Clock,
    FakeEngine,
    FakeWhatsApp,
    make_worker,
    message,
)


class Endless(FakeEngine):
    """Never done with one text."""

    async def turn(self, message: Message, tracker: str | None = None) -> Turned:
        if message.text == "endless":
            await asyncio.Event().wait()
        return await super().turn(message, tracker)


@pytest.mark.slow
async def test_turn_that_takes_too_long_ends_alone_and_is_told(
    store: StoredInbox, clock: Clock
) -> None:
    engine, whatsapp, stop = Endless(), FakeWhatsApp(), asyncio.Event()
    running = asyncio.create_task(make_worker(store, engine, whatsapp, clock, turn_s=0.3).run(stop))
    others = [message(n, citizen=f"IN.{n}") for n in range(10, 20)]
    await store.put([message(1, "endless"), message(2, "next"), *others])
    for _ in range(500):
        if len(whatsapp.taken) == 12:
            break
        await asyncio.sleep(0.01)
    stop.set()
    await asyncio.wait_for(running, 5)
    own = [said.text for _, who, said in whatsapp.taken if who == "IN.1"]
    assert own == ["te:turn_too_long", "echo next"]
    assert len(whatsapp.taken) == 12
    assert (await store.depth()).dead == 1  # an operator can look, once


@pytest.mark.slow
async def test_outage_that_ends_turns_late_is_no_fault_of_theirs(
    store: StoredInbox, clock: Clock
) -> None:
    """The action server hangs: nobody is told that their message took too long."""
    engine, whatsapp, stop = Endless(), FakeWhatsApp(), asyncio.Event()
    engine.healthy = False
    worker = make_worker(store, engine, whatsapp, clock, turn_s=0.1)
    running = asyncio.create_task(worker.run(stop))
    await store.put([message(1, "endless")])
    await asyncio.sleep(0.4)
    assert worker.outage.what and not whatsapp.taken
    stop.set()
    await asyncio.wait_for(running, 5)
    assert (await store.depth()).waiting == 1


@pytest.mark.slow
async def test_understanding_that_hangs_is_given_up_and_others_go_on() -> None:
    hung = threading.Event()

    def understand(texts: Sequence[str]) -> list[str]:
        if "hang" in texts:
            hung.wait(20)
        return [text.upper() for text in texts]

    line = WaitingLine(understand, 8, pass_s=0.2)
    try:
        with pytest.raises(PassTooLong):
            await line.ask("hang")
        assert await line.ask("a") == "A"
        both = await asyncio.gather(line.ask("hang"), line.ask("b"), return_exceptions=True)
        assert isinstance(both[0], PassTooLong) and both[1] == "B"
    finally:
        hung.set()


async def test_loop_goes_on_while_a_text_is_understood() -> None:
    """Counted in beats of the loop, not in seconds: the pass lasts until there were some."""
    beats, enough = 0, threading.Event()

    def understand(texts: Sequence[str]) -> list[str]:
        assert enough.wait(20)
        return list(texts)

    line = WaitingLine(understand, 8)
    asked = asyncio.ensure_future(line.ask("long"))
    while beats < 50:
        await asyncio.sleep(0)
        beats += 1
    enough.set()
    assert await asked == "long"


@pytest.mark.slow
async def test_who_shared_a_pass_with_one_that_hangs_keeps_the_budget() -> None:
    """Four in the hung pass, four behind it: all but one are answered within two passes."""
    hung = threading.Event()

    def understand(texts: Sequence[str]) -> list[str]:
        if "hang" in texts:
            hung.wait(20)
        return list(texts)

    line = WaitingLine(understand, 8, pass_s=0.3)

    async def ask(text: str, within: float) -> str:
        return await asyncio.wait_for(line.ask(text), within)

    try:
        poison = asyncio.ensure_future(ask("hang", 20))
        innocent = "abcdefg"
        assert await asyncio.gather(*(ask(one, 0.6) for one in innocent)) == list(innocent)
        with pytest.raises(PassTooLong):
            await poison
    finally:
        hung.set()


def test_a_question_waits_for_three_passes_at_most() -> None:
    assert POLICY.turn_seconds >= 4 * PASS_SECONDS


def test_understanding_that_hangs_keeps_no_process_from_ending() -> None:
    program = (
        "import asyncio, time\n"
        "from nlu.engine.waiting_line import PassTooLong, WaitingLine\n"
        "line = WaitingLine(lambda texts: time.sleep(1000), 8, pass_s=0.1)\n"
        "try: asyncio.run(line.ask('hang'))\n"
        "except PassTooLong: print('given up')\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=20)
    assert (ended.returncode, ended.stdout) == (0, b"given up\n")
