"""The releases that the action server works with: the live one, the canary, and others that turns
still run on.

A worker says with each call which release its turn runs on. Around a promotion that may be the one
before, or one that this server has not loaded yet.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from actions.server.context import Context, words_release, working_on
from nlu import canary_pointer
from nlu.live import LOCK, Live
from nlu.log import describe, get_logger
from nlu.paths import models_folder, read_from, reading, var_folder
from nlu.registry import AS_IT_IS, Release, release_of
from nlu.release_load import beside_turns, in_own_thread, settle
from nlu.slots import prepare

log = get_logger(__name__)
KEPT_SECONDS = 600.0
"""How long a release is kept after its last call: longer than a worker takes to follow."""
_MOST = 3
_AGAIN = 5.0  # seconds before a release that did not load is asked for again

Moved = Callable[[Context], Awaitable[None]]
"""Hears of each release that goes live, after the first."""


class NotHere(Exception):
    """A call for a release that is not loaded (yet); the message says which."""


@dataclass
class _Kept:
    context: Context
    used: float
    calls: int = 0


class Releases(Live[Context]):
    """Contexts by the id of their release; belongs to one event loop."""

    def __init__(
        self,
        find: Callable[[], Release] = words_release,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(find, self._read, None, clock, var_folder() / LOCK)
        self._now = clock
        self._alone = asyncio.Lock()
        self._kept: dict[str, _Kept] = {}
        self._fetching: dict[str, asyncio.Task[None]] = {}
        self._canary = ""
        self.moved: Moved | None = None

    async def begin(self) -> Context:
        """Loads the live release. Raises what is wrong with it."""
        await self._take_over(await asyncio.to_thread(self._find))
        self.trouble = ""
        await self._follow_canary()
        await asyncio.gather(*self._fetching.values())  # its turns must not wait for it
        return self.live

    @property
    def live(self) -> Context:
        """The context of the live release."""
        assert self.loaded is not None, "call `begin` first"
        return self.loaded

    @contextmanager
    def of_turn(self, name: str = "") -> Iterator[Context]:
        """Inside, work is done with the release of that id, or else with the live one. Raises
        NotHere, and begins to load it."""
        kept = self._kept.get(name or self.live.release.id)
        if kept is None:
            self._fetch(name)
            raise NotHere(f"the release {name} is not loaded yet")
        kept.calls += 1
        try:
            with working_on(kept.context):
                yield kept.context
        finally:
            kept.calls -= 1
            kept.used = self._now()

    def has(self, name: str) -> bool:
        """Whether turns of that release can be worked on; begins to load it if not, unless it is
        about to be live here: a worker asks before it takes that over, and no turn waits."""
        if name and name not in self._kept:
            self._fetch(name, in_turn=True)
            return False
        return True

    async def look(self) -> None:
        """Follows the live pointer, and lets go of releases that nobody calls any more."""
        await super().look()
        await self._follow_canary()
        await self._let_go()

    async def close(self) -> None:
        """Ends loading and closes every connection."""
        for task in self._fetching.values():
            task.cancel()
        await asyncio.gather(*self._fetching.values(), return_exceptions=True)
        for kept in self._kept.values():
            await kept.context.aclose()

    async def _take_over(self, release: Release) -> None:
        before = self.loaded
        await super()._take_over(release)
        if before is not None:  # workers follow from now on
            self._kept[before.release.id].used = self._now()
        read_from(release.data)
        if self.moved is not None:
            await self.moved(self.live)

    async def _read(self, release: Release) -> Context:
        """In a thread: reading a catalogue takes seconds. Kept from then on."""

        def load() -> Context:
            with reading(release.data):
                context = Context.of(release, self.loaded.resources if self.loaded else None)
                prepare(context.catalogue, context.today())
            settle()
            return context

        async with self._alone:  # a turn may ask for a release that is just about to be live
            kept = self._kept.get(release.id)
            if kept is None or release.id == AS_IT_IS:
                kept = self._kept[release.id] = _Kept(await in_own_thread(load), self._now())
        return kept.context

    async def _follow_canary(self) -> None:
        """Loads the canary where one answers citizens, and keeps it for so long."""
        try:
            found = await asyncio.to_thread(canary_pointer.read, models_folder())
        except (OSError, ValueError):  # workers tell it; what is loaded stays
            return
        self._canary = found.id if found is not None and found.percent else ""
        if self._canary and self._canary not in self._kept:
            self._fetch(self._canary)

    def _fetch(self, name: str, *, in_turn: bool = False) -> None:
        """Loads a release that is not live here: a worker has it already, or still. With `in_turn`
        not the one that is about to be live, which has its turn among the processes."""
        if name != AS_IT_IS and self.live.release.id != AS_IT_IS and name not in self._fetching:
            self._fetching[name] = asyncio.create_task(self._fetched(name, in_turn))

    async def _fetched(self, name: str, in_turn: bool) -> None:
        try:
            if in_turn and (await asyncio.to_thread(self._find)).id == name:
                return
            release = await asyncio.to_thread(release_of, models_folder(), name)
            with beside_turns():
                await self._read(release)
            log.info("release_loaded", release=name)
        except Exception as error:
            log.error("release_not_loaded", release=name, error=describe(error))
            await asyncio.sleep(_AGAIN)
        finally:
            self._fetching.pop(name, None)

    async def _let_go(self) -> None:
        """Of what is neither live nor called lately; of the rest the last ones stay."""
        stays = {self.live.release.id, self._canary}
        others = sorted(
            (name for name, kept in self._kept.items() if name not in stays and not kept.calls),
            key=lambda name: self._kept[name].used,
        )
        too_many = len(self._kept) - _MOST - (self._canary in self._kept)
        over = [
            name
            for number, name in enumerate(others)
            if number < too_many or self._now() - self._kept[name].used > KEPT_SECONDS
        ]
        if not over:
            return
        for name in over:
            del self._kept[name]
        used = [one for kept in self._kept.values() for one in kept.context.connectors()]
        await self.live.resources.connections.keep_only(used)
