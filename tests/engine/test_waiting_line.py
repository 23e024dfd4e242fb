"""Questions that wait together are answered together, and nobody waits for company."""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Sequence

import pytest

from nlu.engine.waiting_line import WaitingLine


class Clerk:
    """Answers in capitals; remembers who came together."""

    def __init__(self) -> None:
        self.passes: list[list[str]] = []

    def __call__(self, questions: Sequence[str]) -> list[str]:
        self.passes.append(list(questions))
        if "bad" in questions:
            raise ValueError("bad")
        return [question.upper() for question in questions]


async def test_a_question_alone_is_answered_at_once() -> None:
    clerk = Clerk()
    line = WaitingLine(clerk, 8)
    assert [await line.ask("a"), await line.ask("b")] == ["A", "B"]
    assert clerk.passes == [["a"], ["b"]]


async def test_half_of_what_waits_is_answered_in_one_pass_in_order() -> None:
    """And never more than the most allowed."""
    clerk = Clerk()
    line = WaitingLine(clerk, 3)
    answers = await asyncio.gather(*(line.ask(question) for question in "abcdefgh"))
    assert answers == list("ABCDEFGH")
    assert clerk.passes == [["a", "b", "c"], ["d", "e"], ["f"], ["g"], ["h"]]


async def test_who_comes_during_a_pass_is_in_the_next() -> None:
    clerk = Clerk()
    line = WaitingLine(clerk, 1)
    first, second = asyncio.ensure_future(line.ask("a")), asyncio.ensure_future(line.ask("b"))
    assert await first == "A"
    third = asyncio.ensure_future(line.ask("c"))
    assert [await second, await third] == ["B", "C"]


async def test_a_question_at_fault_takes_no_other_with_it() -> None:
    line = WaitingLine(Clerk(), 8)
    answers = await asyncio.gather(*map(line.ask, ("a", "bad", "c")), return_exceptions=True)
    assert answers[0] == "A" and answers[2] == "C"
    assert isinstance(answers[1], ValueError)


async def test_the_line_goes_on_after_an_error_and_after_a_cancelled_question() -> None:
    clerk = Clerk()
    line = WaitingLine(clerk, 8)
    with pytest.raises(ValueError):
        await line.ask("bad")
    gone = asyncio.ensure_future(line.ask("gone"))
    await asyncio.sleep(0)
    gone.cancel()
    assert await line.ask("a") == "A"
    assert ["gone"] not in clerk.passes


def test_the_line_serves_another_event_loop_after_the_first_ended() -> None:
    """The engine is warmed up in the loop of the thread that loads it."""
    line = WaitingLine(Clerk(), 8)
    assert asyncio.run(line.ask("a")) == "A"
    assert asyncio.run(line.ask("b")) == "B"


@pytest.mark.slow
async def test_thread_ends_with_the_line() -> None:
    """A model that was replaced must not be held by the thread of its line."""
    before = set(threading.enumerate())
    line = WaitingLine(Clerk(), 8)
    assert await line.ask("a") == "A"
    (thread,) = set(threading.enumerate()) - before
    del line
    gc.collect()
    thread.join(5)
    assert not thread.is_alive()
