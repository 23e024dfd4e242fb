"""The candidate in memory: loaded alone, to parse only, and dropped when it is none any more."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from api.live_engine import Serving, load_release
from api.shadow.action import FAILED, action_in
from api.shadow.sample import Asked
from nlu import shared_models
from nlu.live import Live
from nlu.log import describe, get_logger
from nlu.registry import Release, release_of
from nlu.release_load import in_own_thread
from nlu.settings.settings import ShadowSettings

log = get_logger(__name__)


@dataclass(frozen=True)
class Did:
    """What the candidate does with a message, and how sure it is."""

    action: str
    sure: float = 0.0


class Understander:
    """Holds one model at a time."""

    def __init__(
        self,
        settings: ShadowSettings,
        load: Callable[[Release, ShadowSettings], Serving] = load_release,
    ) -> None:
        """Answers are not kept: nothing of a message outlives its comparison."""
        self._settings, self._load = settings.but({"parse_cache": 0}), load
        self._wanted = ""
        self._live = self._fresh()

    @property
    def model(self) -> str:
        """The one that is loaded; empty for none."""
        return self._live.release.model_id if self._live.release else ""

    @property
    def trouble(self) -> str:
        """Why the wanted one is not loaded; empty if it is, or none is wanted."""
        return self._live.trouble if self._wanted else ""

    async def hold(self, model: str) -> None:
        """Loads a model in the place of any other, if it is due; without one nothing is held."""
        if model != self._wanted:
            self._wanted, had = model, self._live.loaded is not None
            self._live = self._fresh()
            if had:
                await in_own_thread(gc.collect)  # Rasa's objects point at each other
        if model:
            await self._live.look()

    async def understand(self, asked: Sequence[Asked]) -> list[Did]:
        """What the model does with messages, which it understands together."""
        serving = self._live.loaded
        assert serving is not None
        return list(await asyncio.gather(*(_understood(serving, one) for one in asked)))

    def _fresh(self) -> Live[Serving]:
        wanted = self._wanted

        def find() -> Release:
            shared_models.bring(self._settings.models_dir, wanted)
            return release_of(self._settings.models_dir, wanted)

        async def loaded(release: Release) -> Serving:
            return await in_own_thread(partial(self._load, release, self._settings))

        return Live(find, loaded)


async def _understood(serving: Serving, asked: Asked) -> Did:
    try:
        if asked.heard:
            answer = await serving.engine.parse_heard(asked.readings())
        else:
            answer = await serving.engine.parse(asked.question(), asked.language)
    except Exception as error:  # of the candidate: that is what it does with this message
        log.warning("not_understood", error=describe(error))
        return Did(FAILED)
    return Did(action_in(answer), round(float(answer["intent"]["confidence"] or 0.0), 4))
