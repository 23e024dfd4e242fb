"""Questions that wait while one pass runs are answered together by the next.

Nothing is ever delayed to fill a batch: a question that comes alone is answered at once. A pass
takes half of those that wait: its answers all come at its end, so that each more holds up the
first, while a long line is worth a larger pass. One thread works; the event loop only waits, so
that a long message delays nobody who wants something else.

A pass that takes longer than anything honest is given up, and another thread goes on. Its questions
are asked again, each alone and all at the same time, so that no one of them waits for the one at
fault. No thread keeps the process from ending, not even one that hangs.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")
_Job = tuple[Future[Any], Callable[[Any], Any], Any]

PASS_SECONDS = 15.0
"""A quarter of a turn's budget (`turn_seconds` in data/whatsapp.yml). A question waits for the pass
before its own, for its own, and for its try alone: that much fits, with a quarter to spare."""


class PassTooLong(RuntimeError):
    """A pass was given up; whoever asked may ask again, alone."""


class WaitingLine(Generic[Question, Answer]):
    """First come, first served, half of the line and `most` at a time at the utmost."""

    def __init__(
        self,
        answer: Callable[[Sequence[Question]], Sequence[Answer]],
        most: int,
        pass_s: float = PASS_SECONDS,
    ) -> None:
        """`answer` gives as many answers as it gets questions, in their order; it runs in a thread
        of the line's own. `pass_s` is the longest pass in seconds."""
        self._answer, self._most, self._pass = answer, most, pass_s
        self._waiting: deque[tuple[Question, asyncio.Future[Answer]]] = deque()
        self._work: asyncio.Task[None] | None = None
        self._alone: set[asyncio.Task[bool]] = set()
        self._thread = _Thread()

    async def ask(self, question: Question) -> Answer:
        """The answer, or the error that this question causes."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((question, future))
        if self._work is None or self._work.done():
            self._work = loop.create_task(self._serve())
        return await future

    async def _serve(self) -> None:
        """Passes until nobody waits."""
        while self._waiting:
            together = min(self._most, max(1, len(self._waiting) // 2))
            waiting = [self._waiting.popleft() for _ in range(min(together, len(self._waiting)))]
            batch = [(question, future) for question, future in waiting if not future.done()]
            if not batch or await self._settle(batch, self._thread):
                continue
            self._thread = _Thread()  # the old one may hang
            for one in batch if len(batch) > 1 else []:
                again = asyncio.create_task(self._settle([one], _Thread()))
                self._alone.add(again)
                again.add_done_callback(self._alone.discard)

    async def _settle(
        self, batch: Sequence[tuple[Question, asyncio.Future[Answer]]], thread: _Thread
    ) -> bool:
        """Answers all and says so; the error of a question that was alone is its answer."""
        work = thread.run(self._answer, [question for question, _ in batch])
        try:
            answers = await asyncio.wait_for(work, self._pass)
        except Exception as error:
            if isinstance(error, asyncio.TimeoutError):
                error = PassTooLong(f"a pass took longer than {self._pass:g} s")
            if len(batch) == 1 and not batch[0][1].done():
                batch[0][1].set_exception(error)
            return False
        for (_, future), answer in zip(batch, answers):
            if not future.done():
                future.set_result(answer)
        return True


class _Thread:
    """Works one job at a time, and ends with the last when nobody holds it any more.

    Not an executor: a process waits at its end for the threads of those.
    """

    def __init__(self) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        weakref.finalize(self, self._jobs.put, None)
        work = threading.Thread(target=_work, args=(self._jobs,), name="understanding", daemon=True)
        work.start()

    def run(self, answer: Callable[[Any], Any], questions: Any) -> asyncio.Future[Any]:
        """What `answer` says to the questions, or its error."""
        future: Future[Any] = Future()
        self._jobs.put((future, answer, questions))
        return asyncio.wrap_future(future)


def _work(jobs: SimpleQueue[_Job | None]) -> None:
    while (job := jobs.get()) is not None:
        future, answer, questions = job
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(answer(questions))
            except BaseException as error:
                future.set_exception(error)
        del job, future, answer, questions  # they hold a whole model
