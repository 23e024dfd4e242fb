"""The engine of the live model, loaded beside the running server and exchanged when it changes."""

from __future__ import annotations

import asyncio
import gc
import importlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from api.ports import Engine
from nlu.action_address import ActionAddress
from nlu.catalogue import shared_catalogue
from nlu.engine.reply import AWAY, Turned, TurnFailed
from nlu.log import configure_logging, describe, get_logger
from nlu.settings.settings import Settings
from nlu.speech.readings import Reading
from nlu.archive import ArchiveRefused
from nlu.registry import check, live_id

log = get_logger(__name__)
_LOOK_EVERY = 3.0
_WAITS = (5.0, 15.0, 60.0, 300.0)  # before a model that did not load is tried again


class NoModel(Exception):
    """There is no engine yet; the message says why."""


class LiveEngine:
    """`Engine` of `api.ports` that follows the registry's live pointer.

    While a new model loads, or if it cannot be loaded, the present one goes on serving. A model
    that did not load is tried again, after a wait that grows with each try.
    """

    def __init__(
        self,
        find: Callable[[], Path],
        load: Callable[[Path], Awaitable[Engine]],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`find` gives the live model's folder, `load` its engine without holding up the loop."""
        self._find, self._load, self._clock = find, load, clock
        self._engine: Engine | None = None
        self._loaded: Path | None = None
        self._failed: Path | None = None
        self._tries = 0
        self._due = 0.0
        self.trouble = "loading"
        """Why the live model is not the one that serves; empty if it is."""

    @property
    def is_ready(self) -> bool:
        """Whether a model is loaded."""
        return self._engine is not None

    async def keep(self) -> None:
        """Looks at the pointer for as long as the server runs."""
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_EVERY)

    async def look(self) -> None:
        """Loads the live model if it is another one than before, and due if it failed before."""
        try:
            folder = await asyncio.to_thread(self._find)
            if folder == self._loaded:
                self._failed = None
            elif folder != self._failed or self._clock() >= self._due:
                await self._take_over(folder)
        except Exception as error:
            self._tell(error)
        else:
            if self._failed is None:
                self.trouble = ""

    async def _take_over(self, folder: Path) -> None:
        self._tries = self._tries + 1 if folder == self._failed else 1
        self._failed = folder  # until it serves
        try:
            self._engine = await self._load(folder)
        except Exception:
            self._due = self._clock() + _WAITS[min(self._tries, len(_WAITS)) - 1]
            raise
        self._loaded, self._failed = folder, None
        log.info("model_loaded", model=folder.name)
        await asyncio.to_thread(gc.collect)  # Rasa's objects point at each other: frees the old one

    def _tell(self, error: Exception) -> None:
        """Says it once, however often it is tried again."""
        ours = isinstance(error, (FileNotFoundError, ArchiveRefused))
        trouble = str(error) if ours else describe(error)
        if trouble != self.trouble:
            log.error("model_not_loaded", error=trouble)
        self.trouble = trouble

    async def parse(
        self, text: str, language: str | None = None, client: str = ""
    ) -> dict[str, Any]:
        """Of the live model."""
        return await self._now().parse(text, language, client)

    async def parse_many(
        self,
        texts: Sequence[str],
        languages: Sequence[str | None] | None = None,
        client: str = "",
    ) -> list[dict[str, Any]]:
        """Of the live model."""
        return await self._now().parse_many(texts, languages, client)

    async def parse_heard(self, readings: Sequence[Reading]) -> dict[str, Any]:
        """Of the live model."""
        return await self._now().parse_heard(readings)

    async def turn(
        self, text: str, sender: str, metadata: Mapping[str, Any], tracker: str | None = None
    ) -> Turned:
        """Of the live model."""
        if self._engine is None:
            raise TurnFailed(self.trouble, AWAY)
        return await self._engine.turn(text, sender, metadata, tracker)

    async def is_healthy(self) -> bool:
        """Whether a model is loaded, and its action server can work."""
        return self._engine is not None and await self._engine.is_healthy()

    async def close(self) -> None:
        """Ends the connections of the engine that serves."""
        if self._engine is not None:
            await self._engine.close()

    def _now(self) -> Engine:
        if self._engine is None:
            raise NoModel(self.trouble)
        return self._engine


def rasa_engine(settings: Settings, *, dialogue: bool) -> LiveEngine:
    """The real engine; without `dialogue` it only parses.

    A model is checked and loaded in a thread, so that the process answers meanwhile.
    """

    def find() -> Path:
        name = live_id(settings.models_dir)
        if name is None:
            raise FileNotFoundError("no live model: run `seva train`, then `seva promote`")
        return settings.models_dir / name

    @lru_cache(maxsize=1)  # they outlive a model: a turn of the old one may be under way
    def actions() -> Any:
        address = ActionAddress.of(settings.action_server_url, settings.var_dir)
        endpoint = importlib.import_module("nlu.engine.action_endpoint").ActionEndpoint
        return endpoint(address, settings.actions_secret, settings.action_seconds + 5)

    def load(folder: Path) -> Engine:
        check(folder)
        real = importlib.import_module("nlu.engine.rasa_engine").Engine
        shared_catalogue(settings.data_dir)
        _settle()
        wanted: dict[str, Any] = {"data_dir": settings.data_dir}
        if dialogue:
            wanted["actions"] = actions()
        else:
            wanted["cache_size"] = settings.parse_cache
        engine: Engine = asyncio.run(real.load(folder, **wanted))
        configure_logging(settings.log_level)
        return engine

    return LiveEngine(find, lambda folder: asyncio.to_thread(load, folder))


@lru_cache(maxsize=1)
def _settle() -> None:
    """Takes what is loaded so far, once, out of the garbage collector's view.

    Rasa's modules and the catalogue are half a million objects that live as long as the process;
    each full collection would walk over them all while a citizen waits. A model has few.
    """
    gc.collect()
    gc.freeze()
