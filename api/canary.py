"""Which model answers a call: the live one, a canary beside it, or the one that a client pins.

A canary is another model of the registry that answers a share of the calls of `/parse` before it is
promoted. A citizen always gets the same one of the two, so that nobody's words are understood in
two ways. Conversations of the worker run on the live model alone.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from api.live_engine import LiveEngine, Serving, load_release, rasa_engine
from api.ports import Engine
from api.problems import Problem
from nlu.catalogue import Catalogue, shared_catalogue
from nlu.log import get_logger
from nlu.registry import Release, live_id, release_of
from nlu.release_load import in_own_thread
from nlu.settings.settings import ServeSettings

log = get_logger(__name__)
MODEL_HEADER, CANARY_HEADER = "Seva-Model", "Seva-Canary"
CONVERSATION_HEADER = "X-Conversation-Id"
ALWAYS, NEVER = "always", "never"
_PARTS = 10_000


@dataclass(frozen=True)
class Wish:
    """What a call says of the model: a pinned one, whether it wants the canary, and who asks."""

    model: str | None = None
    canary: str | None = None
    who: str | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str], citizen: str | None = None) -> Wish:
        """`citizen` is that of the body, for who sends no header. Raises `invalid-request`."""
        canary = headers.get(CANARY_HEADER)
        if canary not in (None, ALWAYS, NEVER):
            raise Problem("invalid-request", f"`{CANARY_HEADER}` must be {ALWAYS} or {NEVER}.")
        who = headers.get(CONVERSATION_HEADER) or citizen
        return cls(headers.get(MODEL_HEADER), canary, who)


@dataclass(frozen=True)
class Engines:
    """The engines of a process by their models: the live one and, where one is set, the canary,
    which gets `percent` of the calls whose citizen is known."""

    live: Engine
    canary: Engine | None = None
    percent: float = 0.0

    def by_model(self) -> dict[str, Engine]:
        """Those that have a model now, the live one first."""
        there = [engine for engine in (self.live, self.canary) if engine is not None]
        return {engine.model_id: engine for engine in reversed(there) if engine.model_id}

    def chosen(self, wish: Wish) -> Engine:
        """The engine for a call. Raises `other-model` where the one that it insists on is not
        there: it is never answered by another."""
        there = self.by_model()
        if wish.model is not None and there:
            return self._pinned(wish.model, there)
        canary = self.canary
        if canary is None or not canary.model_id or canary.model_id == self.live.model_id:
            if wish.canary == ALWAYS and there:
                raise self._missing("There is no canary.", there)
            return self.live
        if wish.canary is not None:
            return canary if wish.canary == ALWAYS else self.live
        in_share = wish.who is not None and share_of(canary.model_id, wish.who) < self.percent
        return canary if in_share else self.live

    def _pinned(self, wanted: str, there: Mapping[str, Engine]) -> Engine:
        for model, engine in there.items():
            if wanted in (model, model.rpartition("-")[2]):
                return engine
        raise self._missing(f"Here are {', '.join(sorted(there))}.", there)

    def _missing(self, why: str, there: Mapping[str, Engine]) -> Problem:
        live = self.live.model_id or next(iter(there))
        return Problem("other-model", why, model=live, models=sorted(there))


def share_of(model: str, who: str) -> float:
    """Where a citizen stands in the percents of a canary, from 0 up to 100. The same for all
    processes and for ever; another canary draws other citizens."""
    drawn = hashlib.sha256(f"{model}\n{who}".encode("utf-8", "replace")).digest()
    return int.from_bytes(drawn[:8], "big") % _PARTS * 100 / _PARTS


class CanaryEngine(LiveEngine):
    """The engine of one named model, while it is not the live one."""

    def __init__(
        self,
        settings: ServeSettings,
        live: Callable[[], str],
        load: Callable[[Release, ServeSettings], Serving] = load_release,
        first: Catalogue | None = None,
    ) -> None:
        """`live` tells the model of the live engine; `first` is the catalogue until this one is
        loaded. Raises FileNotFoundError for a model that is not in the registry."""
        self._models, self._named = settings.models_dir, settings.canary_model
        self._live = live
        super().__init__(
            first or shared_catalogue(self._release().data),
            self._release,
            lambda release: in_own_thread(partial(load, release, settings)),
        )

    def _release(self) -> Release:
        return release_of(self._models, self._named)

    def promoted(self, release: Release) -> Serving | None:
        """What serves a release that goes live, where it is this one and loaded."""
        return self.loaded if release == self.release else None

    async def look(self) -> None:
        """Loads the model. Once the live engine has it, it is given up here."""
        if self._live() == self._named:
            if self.loaded is not None:
                log.info("canary_is_live", model=self._named)
            self.loaded = self.release = None
            self.trouble = ""
        elif self.loaded is None and await asyncio.to_thread(live_id, self._models) == self._named:
            self.trouble = ""  # the live engine loads it at this moment
        else:
            await super().look()


def serving_engines(settings: ServeSettings) -> tuple[LiveEngine, CanaryEngine | None]:
    """The live engine of `seva serve`, and the canary where one is set. One that is promoted is
    taken over as it is, so it is not loaded twice. Raises as `rasa_engine` and `CanaryEngine`."""
    if not settings.canary_model:
        return rasa_engine(settings, dialogue=False), None
    canary = CanaryEngine(settings, lambda: live.model_id)
    live = rasa_engine(settings, dialogue=False, promoted=canary.promoted)
    return live, canary
