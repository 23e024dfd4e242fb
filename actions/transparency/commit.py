"""Group commit: callers that arrive while a write runs share the next one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

_PAUSE_S = 0.001  # for the callers of the last write to come back; none for a lone caller


class _Waiting:
    def __init__(self, entries: Sequence[bytes]) -> None:
        self.entries = entries
        self.first: int | None = None
        self.error: Exception | None = None

    @property
    def done(self) -> bool:
        return self.first is not None or self.error is not None


class GroupCommit:
    """One caller at a time writes for all that wait; there is no thread of its own."""

    def __init__(self, write: Callable[[list[bytes]], int]) -> None:
        """`write` makes entries durable and returns the index of the first."""
        self._write = write
        self._turn = threading.Condition()
        self._waiting: list[_Waiting] = []
        self._writing = False
        self._company = False

    def append(self, entries: Sequence[bytes]) -> int:
        """Index of the first of these entries once all are durable, or the write's error."""
        mine = _Waiting(entries)
        with self._turn:
            self._waiting.append(mine)
            while self._writing and not mine.done:
                self._turn.wait()
            leads = not mine.done
            self._writing = self._writing or leads
        if leads:
            self._lead()
        if mine.error is not None:
            raise mine.error
        assert mine.first is not None
        return mine.first

    def _lead(self) -> None:
        """Writes all that wait, the caller's own entries among them."""
        batch: list[_Waiting] = []
        try:
            if self._company:
                time.sleep(_PAUSE_S)
            with self._turn:
                batch, self._waiting = self._waiting, []
            self._company = len(batch) > 1
            first = self._write([entry for one in batch for entry in one.entries])
            for one in batch:
                one.first, first = first, first + len(one.entries)
        except Exception as error:
            for one in batch:
                one.error = error
        finally:
            for one in batch:
                if not one.done:  # Ctrl-C in the one that writes
                    one.error = InterruptedError("the write was interrupted")
            with self._turn:
                self._writing = False
                self._turn.notify_all()
