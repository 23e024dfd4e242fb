"""Waiting while something of ours is away: a growing pause, seen by health and metrics.

A citizen's message is not tried, and no attempt of it counts, while the action server, the model or
the database is away. What was claimed goes back, and nothing more is claimed until all is well.
Where only some messages cannot be answered, these alone wait.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from api.whatsapp.policy import step
from nlu.log import get_logger

log = get_logger(__name__)
STORE, VOICE = "store", "voice"
_OF_THE_VALUE = (
    sqlite3.DataError,
    sqlite3.InterfaceError,
    sqlite3.NotSupportedError,
    sqlite3.ProgrammingError,
)


class Away(Exception):
    """Something of ours that a turn needs is away; no fault of the message.

    `part` is `STORE`, without which nothing goes on, or `VOICE`, without which texts do.
    """

    def __init__(self, part: str, error: Exception) -> None:
        super().__init__(f"{part}: {type(error).__name__}")
        self.part = part


@contextmanager
def from_store() -> Iterator[None]:
    """Errors of the store as `Away`; what is wrong with a value that it gets stays what it is."""
    try:
        yield
    except _OF_THE_VALUE:
        raise
    except (sqlite3.Error, OSError) as error:
        raise Away(STORE, error) from error


class Outage:
    """One for a worker. `is_over` asks what is away whether it is back."""

    def __init__(
        self,
        is_over: Callable[[], Awaitable[bool]],
        waits: Sequence[float],
        tell: Callable[[str], None],
    ) -> None:
        """`waits`: seconds between two questions; the last one repeats. `tell` hears what is away,
        and nothing once it is back."""
        self._is_over, self._waits, self._tell = is_over, waits, tell
        self._since: float | None = None
        self._what = ""
        self._asked = 0
        self._asking: asyncio.Task[None] | None = None

    @property
    def what(self) -> str:
        """What is away; empty while all is well."""
        return self._what

    @property
    def seconds(self) -> float:
        """How long it has been away."""
        return time.monotonic() - self._since if self._since is not None else 0.0

    def begin(self, what: str) -> None:
        """Something was found to be away; more than once for the same is one outage."""
        if self._since is None:
            self._since = time.monotonic()
            log.error("outage_began", what=what)
        self._what = what
        self._tell(what)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())

    def proved(self) -> None:
        """A turn went well. Until then the pauses go on growing, whatever is said to be back."""
        self._asked = 0

    async def over(self, stop: asyncio.Event) -> None:
        """Returns once all is well, at once where it is, or as the worker is asked to stop."""
        while self._asking is not None and not self._asking.done() and not stop.is_set():
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._asking), 0.1)

    async def _ask(self) -> None:
        while True:
            self._asked += 1
            await asyncio.sleep(step(self._waits, self._asked))
            if await self._is_over():
                break
        log.warning("outage_over", what=self._what, seconds=round(self.seconds, 1))
        self._what, self._since = "", None
        self._tell("")
