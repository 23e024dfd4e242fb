"""The worker waits while something of our own is away; health and metrics show it.

While the action server, the model or the database is away, no message is tried and no attempt
counts. Claimed messages go back, and nothing is claimed until all is well. The pause between two
questions grows. If only voice notes cannot be heard, only they wait.
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
    """Something of our own that a turn needs is away. The message is not at fault.

    `part` is `STORE`, which everything needs, or `VOICE`, which only voice notes need.
    """

    def __init__(self, part: str, error: Exception) -> None:
        super().__init__(f"{part}: {type(error).__name__}")
        self.part = part


@contextmanager
def from_store() -> Iterator[None]:
    """Turns errors of the store into `Away`. An error about a value is raised as it is."""
    try:
        yield
    except _OF_THE_VALUE:
        raise
    except (sqlite3.Error, OSError) as error:
        raise Away(STORE, error) from error


class Outage:
    """The outage of a worker. `is_over` asks whether all is back."""

    def __init__(
        self,
        is_over: Callable[[], Awaitable[bool]],
        waits: Sequence[float],
        tell: Callable[[str], None],
    ) -> None:
        """`waits` are seconds between two questions; the last one repeats.

        `tell` gets the name of what is away, and an empty text when it is back.
        """
        self._is_over, self._waits, self._tell = is_over, waits, tell
        self._since: float | None = None
        self._what = ""
        self._asked = 0
        self._asking: asyncio.Task[None] | None = None

    @property
    def what(self) -> str:
        """The name of what is away. It is empty while all is well."""
        return self._what

    @property
    def seconds(self) -> float:
        """Seconds since it went away."""
        return time.monotonic() - self._since if self._since is not None else 0.0

    def begin(self, what: str) -> None:
        """Begins an outage. A second call during an outage belongs to the same one."""
        if self._since is None:
            self._since = time.monotonic()
            log.error("outage_began", what=what)
        self._what = what
        self._tell(what)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())

    def proved(self) -> None:
        """Notes that a turn went well. Until then the pauses grow, even if all seems to be back."""
        self._asked = 0

    async def over(self, stop: asyncio.Event) -> None:
        """Returns when all is well, or when the worker is asked to stop."""
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
