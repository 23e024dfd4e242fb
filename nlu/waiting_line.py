"""Questions that wait while one pass runs are answered together by the next.

Nothing is ever delayed to fill a batch: a question that comes alone is answered at once. A pass
takes half of those that wait: its answers all come at its end, so that each more holds up the
first, while a long line is worth a larger pass. The work runs in the event loop's own thread: with
one core for a process another thread would only wait for the interpreter lock, and hand over twice.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class WaitingLine(Generic[Question, Answer]):
    """First come, first served, half of the line and `most` at a time at the utmost."""

    def __init__(self, answer: Callable[[Sequence[Question]], Sequence[Answer]], most: int) -> None:
        """`answer` gives as many answers as it gets questions, in their order."""
        self._answer, self._most = answer, most
        self._waiting: deque[tuple[Question, asyncio.Future[Answer]]] = deque()
        self._called = False

    async def ask(self, question: Question) -> Answer:
        """The answer, or the error that this question causes."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((question, future))
        if not self._called:
            self._called = True
            loop.call_soon(self._serve, loop)
        return await future

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        """One pass, then back to the loop, so that it can read and write between passes."""
        together = min(self._most, max(1, len(self._waiting) // 2))
        waiting = [self._waiting.popleft() for _ in range(min(together, len(self._waiting)))]
        batch = [(question, future) for question, future in waiting if not future.cancelled()]
        if batch and not self._settle(batch) and len(batch) > 1:
            for one in batch:  # the question at fault must not take the others with it
                self._settle([one])
        self._called = bool(self._waiting)
        if self._called:
            loop.call_soon(self._serve, loop)

    def _settle(self, batch: Sequence[tuple[Question, asyncio.Future[Answer]]]) -> bool:
        """Answers all and says so; the error of a question that was alone is its answer."""
        try:
            answers = self._answer([question for question, _ in batch])
        except Exception as error:
            if len(batch) == 1:
                batch[0][1].set_exception(error)
            return False
        for (_, future), answer in zip(batch, answers):
            future.set_result(answer)
        return True
