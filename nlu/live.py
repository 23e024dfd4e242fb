"""What follows the registry's live pointer while a process runs.

The new release is loaded beside the one that serves, and then takes its place. While it loads, or
if it cannot be loaded, the present one goes on serving. Processes that serve on one machine load
one after the other, so that the rest of it answers.
"""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Generic, TypeVar

from nlu.archive import ReleaseRefused
from nlu.log import describe, get_logger
from nlu.registry import Release
from nlu.release_load import beside_turns, in_own_thread
from nlu.storage.file_lock import locked

log = get_logger(__name__)
LOCK = "load.lock"
"""The file in SEVA_VAR_DIR that a process holds while it loads another release."""
_LOOK_EVERY = 3.0
_LOOK_AGAIN = 0.5  # while another process loads
_LOADING, _OTHERS_FIRST = "loading", "another process of this machine loads it first"
_WAITS = (5.0, 15.0, 60.0, 300.0)  # before a release that did not load is tried again

T = TypeVar("T")


class Live(Generic[T]):
    """The live release as a process has loaded it.

    A release that did not load is tried again, after a wait that grows with each try.
    """

    def __init__(
        self,
        find: Callable[[], Release],
        load: Callable[[Release], Awaitable[T]],
        in_the_way: Callable[[Release], Awaitable[str]] | None = None,
        clock: Callable[[], float] = time.monotonic,
        lock: Path | None = None,
    ) -> None:
        """`find` gives the live release, `load` what serves it, without holding up the loop. While
        another one serves, `in_the_way` says why a release may not take its place yet, and no two
        that have the same `lock` load at once."""
        self._find, self._load, self._clock = find, load, clock
        self._in_the_way, self._lock = in_the_way, lock
        self.loaded: T | None = None
        self.release: Release | None = None
        """That of `loaded`."""
        self.trouble = _LOADING
        """Why the live release is not the one that serves; empty if it is."""
        self._failed: Release | None = None
        self._tries = 0
        self._due = 0.0

    async def keep(self) -> None:
        """Looks at the pointer for as long as the process runs."""
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_AGAIN if self.trouble == _OTHERS_FIRST else _LOOK_EVERY)

    async def look(self) -> None:
        """Loads the live release if it is another one than before, and due if it failed before."""
        try:
            release = await asyncio.to_thread(self._find)
            if release == self.release:
                self._failed = None
            elif release == self._failed and self._clock() < self._due:
                return
            elif why := await self._in_turn(release):
                self._wait(why)
                return
        except Exception as error:
            ours = isinstance(error, (FileNotFoundError, ReleaseRefused))
            self._tell(str(error) if ours else describe(error))
        else:
            self.trouble = ""

    async def _not_yet(self, release: Release) -> str:
        """What must come before a release takes over; nothing where none serves."""
        if not self._serves or self._in_the_way is None:
            return ""
        return await self._in_the_way(release)

    @property
    def _serves(self) -> bool:
        """Whether somebody is served while a release is loaded, so that it has to wait its turn."""
        return self.loaded is not None

    async def _in_turn(self, release: Release) -> str:
        """Takes a release over, or says why not yet. Who has none serves nobody and waits for
        nobody: at the start of a machine all of its cores are free."""
        with ExitStack() as held:
            if self._serves and self._lock is not None:
                try:
                    self._lock.parent.mkdir(parents=True, exist_ok=True)
                    held.enter_context(locked(self._lock, wait=False))
                except BlockingIOError:
                    return _OTHERS_FIRST
                except OSError as error:  # better beside the others than never
                    log.warning("loads_beside_others", error=describe(error))
            if why := await self._not_yet(release):
                return why
            if self.trouble == _OTHERS_FIRST:
                self.trouble = _LOADING
            await self._take_over(release)
        return ""

    async def _take_over(self, release: Release) -> None:
        self._tries = self._tries + 1 if release == self._failed else 1
        self._failed = release  # until it serves
        with beside_turns():
            try:
                self.loaded = await self._load(release)
            except Exception:
                self._due = self._clock() + _WAITS[min(self._tries, len(_WAITS)) - 1]
                raise
            self.release, self._failed = release, None
            log.info("model_loaded", model=release.model.name, data=str(release.data))
            await in_own_thread(gc.collect)  # Rasa's objects point at each other: frees the old one

    def _wait(self, why: str) -> None:
        """What must come first, said once."""
        if why != self.trouble:
            log.info("model_waits", why=why)
        self.trouble = why

    def _tell(self, trouble: str) -> None:
        """Says it once, however often it is tried again."""
        if trouble != self.trouble:
            log.error("model_not_loaded", error=trouble)
        self.trouble = trouble
