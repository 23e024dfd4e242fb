"""Which model answers a call: the live one, a canary beside it, or the one that a client pins.

A canary is another model of the registry that answers a share of the citizens before it is
promoted: in conversations, and where they are named in calls of `/parse`. It is set and ended with
a pointer beside the live one (`nlu.canary`). A citizen always gets the same one of the two, so that
nobody's words are understood in two ways.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from api.inbox.port import Claim
from api.live_engine import LiveEngine, Loader, Serving, rasa_engine
from api.ports import Engine
from api.problems import Problem
from nlu import canary_pointer
from nlu.canary_pointer import Canary
from nlu.catalogue import Catalogue
from nlu.live import LOCK
from nlu.log import get_logger
from nlu.registry import Release, live_id, release_of
from nlu.release_load import in_own_thread
from nlu.settings.groups import Engine as EngineSettings
from nlu.turn import AWAY, TurnFailed

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
    """The engine of the canary, where one is set: it follows the pointer beside the live one.

    Without a canary nothing is loaded. One that is promoted is taken over as it is (`promoted`).
    """

    def __init__(
        self,
        models: Path,
        live: Callable[[], str],
        load: Callable[[Release], Serving],
        first: Catalogue,
        in_the_way: Callable[[Release], Awaitable[str]] | None = None,
        lock: Path | None = None,
        *,
        by_share_only: bool = False,
    ) -> None:
        """`live` tells the model of the live engine; `first` is the catalogue until this one is
        loaded. With `by_share_only` none is loaded that has no share of the citizens."""
        self._models, self._live, self._by_share_only = models, live, by_share_only
        self._wanted: Canary | None = None
        self._rests = ""
        super().__init__(
            first,
            self._release,
            lambda release: in_own_thread(partial(load, release)),
            in_the_way,
            lock=lock,
        )
        self.trouble = ""

    @property
    def percent(self) -> float:
        """Of the citizens: those whom it answers now."""
        wanted = self._wanted
        here = wanted is not None and wanted.id == self._here
        return wanted.percent if wanted is not None and here and not self._rests else 0.0

    @property
    def wanted(self) -> str:
        """The model that is set as the canary, loaded or not; empty where none is."""
        return self._wanted.id if self._wanted is not None else ""

    def serving(self, who: str) -> Serving | None:
        """What answers a citizen of its share, in all processes the same; None: the live model."""
        loaded = self.loaded
        if loaded is None or share_of(loaded.engine.model_id, who) >= self.percent:
            return None
        return loaded

    def rest(self, why: str) -> None:
        """Nobody is answered by it until `look` finds that all is well: it stands in no way."""
        self._rests = why
        self._wait(why)

    def promoted(self, release: Release) -> Serving | None:
        """What serves a release that goes live, where it is this one and loaded."""
        return self.loaded if release == self.release else None

    async def look(self) -> None:
        """Loads the canary, or gives it up where it was ended, or where the live engine has it."""
        try:
            self._wanted = await asyncio.to_thread(canary_pointer.read, self._models)
            live = await asyncio.to_thread(live_id, self._models)
        except (OSError, ValueError) as error:
            self._tell(str(error))  # and goes on as before
            return
        wanted, here = self._wanted, self._here
        unasked = wanted is not None and self._by_share_only and not wanted.percent
        if here and live == here and self._live() != here:
            return  # it was promoted: the live engine takes it over at this moment
        if here and (wanted is None or wanted.id != here or unasked or self._live() == here):
            await self._give_up()
        if wanted is None or unasked or wanted.id in (live, self._live()):
            self.trouble = self._rests = ""
            self._failed = None  # set again, it is tried at once
            return
        await super().look()
        if self.release is not None and self._in_the_way is not None:
            self._rests = await self._in_the_way(self.release)
            if self._rests:
                self._wait(self._rests)

    @property
    def _here(self) -> str:
        """The model that is loaded; empty where none is."""
        return self.release.model.name if self.release is not None else ""

    @property
    def _serves(self) -> bool:
        """The live model does, so a canary waits for everybody."""
        return self.loaded is not None or bool(self._live())

    def _release(self) -> Release:
        assert self._wanted is not None
        return release_of(self._models, self._wanted.id)

    async def _give_up(self) -> None:
        log.info("canary_given_up", model=self._here)
        self.loaded = self.release = None
        await in_own_thread(gc.collect)  # Rasa's objects point at each other


class TurnReleases:
    """Which release a turn of the worker runs on, from its beginning to its end: the canary for the
    citizens of its share, else the live one. A message whose turn failed is tried again on the live
    one, so that a bad canary costs nobody their answer."""

    def __init__(self, live: LiveEngine, canary: CanaryEngine) -> None:
        self._live, self._canary = live, canary

    @contextmanager
    def one_release(self, claim: Claim) -> Iterator[None]:
        """Inside, engine, words and action server are of that release."""
        serving = self._serving(claim)
        try:
            with self._live.one_release(serving):
                yield
        except TurnFailed as error:
            if serving is not None and error.trouble == AWAY:
                self._canary.rest(str(error))
            raise

    def model_of(self, claim: Claim) -> str:
        """The id of the model that answers a claimed message now."""
        serving = self._serving(claim)
        return serving.engine.model_id if serving else self._live.model_id

    def _serving(self, claim: Claim) -> Serving | None:
        again = claim.attempt > 1 or claim.deaths
        return None if again else self._canary.serving(claim.message.lane)


def serving_engines(
    settings: EngineSettings, *, dialogue: bool = False
) -> tuple[LiveEngine, CanaryEngine]:
    """The live engine of a process, and that of the canary. One that is promoted is taken over as
    it is, so it is not loaded twice. Raises as `rasa_engine`."""
    loader = Loader(settings, dialogue=dialogue)
    live = rasa_engine(
        settings,
        dialogue=dialogue,
        loader=loader,
        promoted=lambda release: canary.promoted(release),
    )
    canary = CanaryEngine(
        settings.models_dir,
        lambda: live.release.model.name if live.release else "",
        loader.load,
        live.catalogue(),
        loader.in_the_way,
        settings.var_dir / LOCK,
        by_share_only=dialogue,
    )
    return live, canary
