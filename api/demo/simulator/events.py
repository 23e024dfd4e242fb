"""What happens, for the open pages: a bounded log with numbers, so that a page can catch up."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

KEEP_ALIVE_S = 15.0


@dataclass(frozen=True)
class Event:
    """One thing that happened; `citizen` is a phone or empty."""

    number: int
    kind: str
    citizen: str
    data: dict[str, Any]

    def as_sse(self, boot: str) -> str:
        """As a server-sent event."""
        body = json.dumps({"citizen": self.citizen, "data": self.data}, ensure_ascii=False)
        return f"id: {boot}.{self.number}\nevent: {self.kind}\ndata: {body}\n\n"


class EventLog:
    """Events in order; readers wait for what comes next."""

    def __init__(self, kept: int) -> None:
        self._events: deque[Event] = deque(maxlen=kept)
        self._wakers: set[asyncio.Event] = set()
        self._closed = False
        self._boot = secrets.token_hex(4)
        self.last = 0

    @property
    def cursor(self) -> str:
        """Where the log stands; a cursor of an earlier process is recognised as such."""
        return f"{self._boot}.{self.last}"

    def add(self, kind: str, citizen: str = "", data: dict[str, Any] | None = None) -> None:
        """Records an event and wakes the readers."""
        self.last += 1
        self._events.append(Event(self.last, kind, citizen, data or {}))
        for waker in self._wakers:
            waker.set()

    def close(self) -> None:
        """Ends all streams, so that the server can stop."""
        self._closed = True
        for waker in self._wakers:
            waker.set()

    async def wait(self, timeout: float) -> bool:
        """Waits for the next event; False when none came in time."""
        waker = asyncio.Event()
        self._wakers.add(waker)
        try:
            await asyncio.wait_for(waker.wait(), timeout)
        except asyncio.TimeoutError:
            return False
        finally:
            self._wakers.discard(waker)
        return True

    async def stream(self, cursor: str) -> AsyncIterator[str]:
        """Server-sent events after a cursor; `reset` where they are no longer all there."""
        boot, _, number = cursor.partition(".")
        known = boot == self._boot and number.isdecimal()
        after = int(number) if known else -1
        waker = asyncio.Event()
        self._wakers.add(waker)
        try:
            yield "retry: 1000\n\n"
            oldest = self._events[0].number if self._events else self.last + 1
            if after > self.last or after + 1 < oldest:
                after = self.last
                yield Event(after, "reset", "", {}).as_sse(self._boot)
            while not self._closed:
                waker.clear()
                for event in [event for event in self._events if event.number > after]:
                    after = event.number
                    yield event.as_sse(self._boot)
                try:
                    await asyncio.wait_for(waker.wait(), KEEP_ALIVE_S)
                except asyncio.TimeoutError:
                    yield ": still here\n\n"
        finally:
            self._wakers.discard(waker)
