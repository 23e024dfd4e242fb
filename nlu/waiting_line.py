"""Questions that wait while one pass runs are answered together by the next.

Nothing is ever delayed to fill a batch: a question that comes alone is answered at once. A pass
takes half of those that wait: its answers all come at its end, so that each more holds up the
first, while a long line is worth a larger pass. One thread works; the event loop only waits, so
that a long message delays nobody who wants something else. A pass that takes longer than anything
honest is given up: its questions fail, and another thread goes on.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class PassTooLong(RuntimeError):
    """A pass was given up; whoever asked may ask again, alone."""


class WaitingLine(Generic[Question, Answer]):
    """First come, first served, half of the line and `most` at a time at the utmost."""

    def __init__(
        self,
        answer: Callable[[Sequence[Question]], Sequence[Answer]],
        most: int,
        pass_s: float = 30.0,
    ) -> None:
        """`answer` gives as many answers as it gets questions, in their order; it runs in a thread
        of the line's own. `pass_s` is the longest pass in seconds."""
        self._answer, self._most, self._pass = answer, most, pass_s
        self._waiting: deque[tuple[Question, asyncio.Future[Answer]]] = deque()
        self._work: asyncio.Task[None] | None = None
        self._thread = _thread()

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
            if batch and not await self._settle(batch) and len(batch) > 1:
                for one in batch:  # the question at fault must not take the others with it
                    await self._settle([one])

    async def _settle(self, batch: Sequence[tuple[Question, asyncio.Future[Answer]]]) -> bool:
        """Answers all and says so; the error of a question that was alone is its answer."""
        questions = [question for question, _ in batch]
        work = asyncio.get_running_loop().run_in_executor(self._thread, self._answer, questions)
        try:
            answers = await asyncio.wait_for(work, self._pass)
        except Exception as error:
            if isinstance(error, asyncio.TimeoutError):
                self._thread = _thread()
                error = PassTooLong(f"a pass took longer than {self._pass:g} s")
            if len(batch) == 1 and not batch[0][1].done():
                batch[0][1].set_exception(error)
            return False
        for (_, future), answer in zip(batch, answers):
            if not future.done():
                future.set_result(answer)
        return True


def _thread() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, "understanding")
