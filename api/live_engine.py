"""The engine of the live model, loaded beside the running server and exchanged when it changes."""

from __future__ import annotations

import asyncio
import gc
import importlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from api.log import configure_logging, describe, get_logger
from api.ports import Engine
from api.settings import Settings
from nlu.action_address import ActionAddress
from nlu.reply import AWAY, Turned, TurnFailed
from nlu.speech.readings import Reading
from nlu.training.registry import live_id

log = get_logger(__name__)
_LOOK_EVERY = 3.0


class NoModel(Exception):
    """There is no engine yet; the message says why."""


class LiveEngine:
    """`Engine` of `api.ports` that follows the registry's live pointer.

    While a new model loads, or if it cannot be loaded, the present one goes on serving.
    """

    def __init__(self, find: Callable[[], Path], load: Callable[[Path], Awaitable[Engine]]) -> None:
        self._find, self._load = find, load
        self._engine: Engine | None = None
        self._loaded: Path | None = None
        self.trouble = "loading"

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
        """Loads the live model if it is another one than before."""
        try:
            folder = await asyncio.to_thread(self._find)
            if folder == self._loaded:
                return
            self._loaded = folder
            engine = await self._load(folder)
            gc.unfreeze()
            self._engine = engine
            await asyncio.to_thread(_settle)
            self.trouble = ""
            log.info("model_loaded", model=folder.name)
        except Exception as error:
            trouble = str(error) if isinstance(error, FileNotFoundError) else describe(error)
            if trouble != self.trouble:
                log.error("model_not_loaded", error=trouble)
            self.trouble = trouble

    async def parse(self, text: str, language: str | None = None) -> dict[str, Any]:
        """Of the live model."""
        return await self._now().parse(text, language)

    async def parse_many(
        self, texts: Sequence[str], languages: Sequence[str | None] | None = None
    ) -> list[dict[str, Any]]:
        """Of the live model."""
        return await self._now().parse_many(texts, languages)

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

    def _now(self) -> Engine:
        if self._engine is None:
            raise NoModel(self.trouble)
        return self._engine


def _settle() -> None:
    """Frees an engine that was replaced, then takes what stays out of the garbage collector's view.

    A loaded model is a million objects that live as long as the server; each full collection would
    walk over them all while a citizen waits.
    """
    gc.collect()
    gc.freeze()


def _actions(settings: Settings) -> Any:
    """The way to the action server, as the settings name it. Raises ValueError."""
    address = ActionAddress.of(settings.action_server_url, settings.var_dir)
    endpoint = importlib.import_module("nlu.action_endpoint").ActionEndpoint
    return endpoint(address, settings.actions_secret, settings.action_seconds + 5)


def rasa_engine(settings: Settings, *, dialogue: bool) -> LiveEngine:
    """The real engine; without `dialogue` it only parses and keeps no trackers.

    For parsing alone the model is loaded in a thread, so that the server answers meanwhile.
    """

    def find() -> Path:
        name = live_id(settings.models_dir)
        if name is None:
            raise FileNotFoundError("no live model: run `seva train`, then `seva promote`")
        return settings.models_dir / name

    async def load(folder: Path) -> Engine:
        real = (await asyncio.to_thread(importlib.import_module, "nlu.engine")).Engine
        wanted: dict[str, Any] = {"data_dir": settings.data_dir}
        if dialogue:
            wanted["actions"] = _actions(settings)
            engine: Engine = await real.load(folder, **wanted)
        else:
            wanted["cache_size"] = settings.parse_cache
            engine = await asyncio.to_thread(lambda: asyncio.run(real.load(folder, **wanted)))
        configure_logging(settings.log_level)
        return engine

    return LiveEngine(find, load)
