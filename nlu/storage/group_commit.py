"""Group commit: jobs that come while a write runs share the next write, and its fsync.

Measured on two cores: one commit for each insert into SQLite gives about 360 inserts a second,
groups of fifty about 13,900 (`shared/facts/whatsapp-and-platform.md`, section 2).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

J = TypeVar("J")
R = TypeVar("R")
_MOST = 256
"""Jobs of one write."""


class GroupCommit(Generic[J, R]):
    """Writes in a thread, one write at a time. The thread ends when no job waits."""

    def __init__(
        self, write: Callable[[list[J]], Sequence[R | Exception]], window_s: float
    ) -> None:
        """`write` makes jobs durable; it gives the result or the error of each, and what it raises
        is the error of all. A write after one that several jobs shared waits `window_s` seconds,
        so that those who wrote can come back; a lone job never waits."""
        self._write, self._window = write, window_s
        self._lock = threading.Lock()
        self._waiting: list[tuple[J, Future[R]]] = []
        self._thread: threading.Thread | None = None
        self._company = self._closed = False

    def submit(self, job: J) -> Future[R]:
        """What came of the job, once it is durable. Raises RuntimeError after `close`."""
        future: Future[R] = Future()
        with self._lock:
            if self._closed:
                raise RuntimeError("what writes here is closed")
            self._waiting.append((job, future))
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="commit", daemon=True)
                self._thread.start()
        return future

    def close(self) -> None:
        """Writes what waits, then takes no more."""
        with self._lock:
            self._closed, thread = True, self._thread
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        while True:
            if self._company and self._window:
                time.sleep(self._window)
            with self._lock:
                taken, self._waiting = self._waiting[:_MOST], self._waiting[_MOST:]
                if not taken:
                    self._thread = None
                    return
            self._company = len(taken) > 1
            self._settle([pair for pair in taken if pair[1].set_running_or_notify_cancel()])

    def _settle(self, taken: list[tuple[J, Future[R]]]) -> None:
        if not taken:
            return
        try:
            outcomes = self._write([job for job, _ in taken])
        except Exception as error:  # every writer must hear of it, whatever it is
            outcomes = [error] * len(taken)
        for (_, future), outcome in zip(taken, outcomes, strict=True):
            if isinstance(outcome, Exception):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
