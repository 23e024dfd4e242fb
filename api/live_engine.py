"""The engine of the live release. A new one is loaded beside it and then takes its place."""

from __future__ import annotations

import asyncio
import importlib
import time
import weakref
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from api.phrases import PhraseBook
from api.ports import Engine
from nlu.action_address import ActionAddress
from nlu.catalogue import Catalogue, shared_catalogue
from nlu.live import LOCK, Live
from nlu.log import configure_logging
from nlu.paths import folder_in_use, read_from, reading
from nlu.registry import Release, live_id, live_release
from nlu.release_load import in_own_thread, settle
from nlu.settings.groups import Engine as EngineSettings
from nlu.shared_models import follow
from nlu.speech.transcript import Reading
from nlu.turn import AWAY, Message, Turned, TurnFailed

_ASKED_AT_ONCE = 4
"""Questions to the action server: behind one address there may be several, all of which answer."""


class NoModel(Exception):
    """There is no engine yet; the message says why."""


@dataclass(frozen=True)
class Serving:
    """One release in memory: the engine, and the catalogue that its replies are worded from."""

    engine: Engine
    catalogue: Catalogue


_OF_THIS_TURN: ContextVar[weakref.ref[Serving] | None] = ContextVar("release", default=None)
"""Weak: timers of a turn keep its context, and must not keep its model."""


class LiveEngine(Live[Serving]):
    """`Engine` of `api.ports` that follows the registry's live pointer."""

    def __init__(
        self,
        first: Catalogue,
        find: Callable[[], Release],
        load: Callable[[Release], Awaitable[Serving]],
        in_the_way: Callable[[Release], Awaitable[str]] | None = None,
        clock: Callable[[], float] = time.monotonic,
        lock: Path | None = None,
    ) -> None:
        """`first` is the catalogue until a model is loaded."""
        super().__init__(find, load, in_the_way, clock, lock)
        self._first = first
        phrases = LivePhrases(self.catalogue)
        self.phrases = PhraseBook(phrases, first.languages.default)
        """Seva's own sentences, always those of the release in use."""

    @property
    def is_ready(self) -> bool:
        """Whether a model is loaded."""
        return self.loaded is not None

    @property
    def model_id(self) -> str:
        """Of the live model."""
        serving = self._in_use()
        return serving.engine.model_id if serving else ""

    @contextmanager
    def one_release(self, serving: Serving | None = None) -> Iterator[None]:
        """Inside, everything runs on the release that serves now, also if another takes over; or on
        `serving`, the canary."""
        serving = serving or self.loaded  # held here until the turn is over
        token = _OF_THIS_TURN.set(weakref.ref(serving) if serving else None)
        try:
            with reading(serving.catalogue.root if serving else folder_in_use()):
                yield
        finally:
            _OF_THIS_TURN.reset(token)
            del serving

    def catalogue(self) -> Catalogue:
        """Of the release in use."""
        serving = self._in_use()
        return serving.catalogue if serving else self._first

    async def parse(
        self, text: str, language: str | None = None, client: str = ""
    ) -> dict[str, Any]:
        """Of the live model."""
        return await self._now().parse(text, language, client)

    async def parse_each(
        self,
        texts: Sequence[str],
        languages: Sequence[str | None] | None = None,
        client: str = "",
    ) -> list[dict[str, Any] | BaseException]:
        """Of the live model."""
        return await self._now().parse_each(texts, languages, client)

    async def parse_heard(self, readings: Sequence[Reading]) -> dict[str, Any]:
        """Of the live model."""
        return await self._now().parse_heard(readings)

    async def turn(self, message: Message, tracker: str | None = None) -> Turned:
        """Of the live model."""
        serving = self._in_use()
        if serving is None:
            raise TurnFailed(self.trouble, AWAY)
        return await serving.engine.turn(message, tracker)

    async def is_healthy(self) -> bool:
        """Whether a model is loaded, and its action server can work."""
        return self.loaded is not None and await self.loaded.engine.is_healthy()

    async def close(self) -> None:
        """Ends the connections of the engine that serves."""
        if self.loaded is not None:
            await self.loaded.engine.close()

    def _in_use(self) -> Serving | None:
        held = _OF_THIS_TURN.get()
        return (held and held()) or self.loaded

    def _now(self) -> Engine:
        serving = self._in_use()
        if serving is None:
            raise NoModel(self.trouble)
        return serving.engine


class LivePhrases(Mapping[str, Mapping[str, str]]):
    """The phrases of whatever catalogue is in use when one is looked up."""

    def __init__(self, catalogue: Callable[[], Catalogue]) -> None:
        self._catalogue = catalogue

    def __getitem__(self, name: str) -> Mapping[str, str]:
        return self._catalogue().phrases[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._catalogue().phrases)

    def __len__(self) -> int:
        return len(self._catalogue().phrases)


def starting_release(settings: EngineSettings) -> Release:
    """What a process that starts now runs on; from here on it reads no other data. Where no model
    is live yet, it has the folder's words and waits for one. Raises ReleaseRefused, and
    FileNotFoundError for a live model that is gone."""
    follow(settings.models_dir)
    if live_id(settings.models_dir) is None:
        release = live_release(settings.models_dir, needs_model=False)
    else:
        release = live_release(settings.models_dir)
        release.check_words()
    read_from(release.data)
    return release


def load_release(release: Release, settings: EngineSettings, actions: Any = None) -> Serving:
    """A release from its files, in the caller's thread. Without `actions`, the action server, it
    only parses. Raises ReleaseRefused, FileNotFoundError and CatalogueError."""
    release.check()
    real = importlib.import_module("nlu.engine.rasa_engine").Engine
    catalogue = shared_catalogue(release.data)
    PhraseBook(catalogue.phrases, catalogue.languages.default)  # none may be missing
    settle()
    wanted: dict[str, Any] = {"data_dir": release.data}
    wanted |= {"actions": actions} if actions else {"cache_size": settings.parse_cache}
    engine: Engine = asyncio.run(real.load(release.model, **wanted))
    configure_logging(settings.log_level)
    return Serving(engine, catalogue)


class Loader:
    """Loads the releases of a process, which share their connections to the action server; without
    `dialogue` they only parse."""

    def __init__(self, settings: EngineSettings, *, dialogue: bool) -> None:
        self._settings = settings
        self.in_the_way = self._not_ready if dialogue else None
        """Why the action servers cannot work with a release yet."""

    @cached_property  # connections outlive a model: a turn of the old one may be under way
    def _actions(self) -> Any:
        settings = self._settings
        address = ActionAddress.of(settings.action_server_url, settings.var_dir)
        endpoint = importlib.import_module("nlu.engine.action_endpoint").ActionEndpoint
        return endpoint(address, settings.actions_secret, settings.action_seconds + 5)

    def load(self, release: Release) -> Serving:
        """Checks and loads a release in the caller's thread. Raises as `load_release`."""
        called = None if self.in_the_way is None else self._actions.on(release.id)
        return load_release(release, self._settings, called)

    async def _not_ready(self, release: Release) -> str:
        server = self._actions.on(release.id)
        asked = await asyncio.gather(*(server.is_healthy() for _ in range(_ASKED_AT_ONCE)))
        return "" if all(asked) else f"the action server is not ready for {release.id}"


def rasa_engine(
    settings: EngineSettings,
    *,
    dialogue: bool,
    loader: Loader | None = None,
    promoted: Callable[[Release], Serving | None] = lambda _: None,
) -> LiveEngine:
    """The real engine; without `dialogue` it only parses. `promoted` gives a release that is loaded
    already. Raises as `starting_release`, and CatalogueError.

    A release is checked and loaded in a thread, so that the process answers meanwhile. A worker
    takes one over only when the action servers have it, so that no turn has to wait for that.
    """
    loader = loader or Loader(settings, dialogue=dialogue)

    def load(release: Release) -> Serving:
        serving = promoted(release) or loader.load(release)
        read_from(release.data)
        return serving

    def find() -> Release:
        follow(settings.models_dir)
        return live_release(settings.models_dir)

    return LiveEngine(
        shared_catalogue(starting_release(settings).data),
        find,
        lambda release: in_own_thread(partial(load, release)),
        loader.in_the_way,
        lock=settings.var_dir / LOCK,
    )
