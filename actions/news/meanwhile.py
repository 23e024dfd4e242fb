"""A word to the citizen while a department takes its time."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Awaitable
from dataclasses import dataclass

from actions.departments import OperationResult
from actions.news.notices import NoticeRefused, Notify
from nlu.catalogue import Catalogue
from nlu.log import get_logger
from nlu.turn import Notice

_LOG = get_logger(__name__)
_PHRASE = "working"


@dataclass(frozen=True)
class Meanwhile:
    """Says, once a turn, that an answer takes longer than `after` seconds."""

    catalogue: Catalogue
    notify: Notify
    after: float

    async def told(
        self,
        work: Awaitable[OperationResult],
        *,
        citizen: str,
        turn: str,
        service: str,
        language: str,
    ) -> OperationResult:
        """The result of `work`. `turn` names the message that is being answered, also where it is
        answered anew after a crash.

        The word is in the outbox before this returns, so that it never comes after the answer. One
        that nobody takes is not said.
        """
        task = asyncio.ensure_future(work)
        try:
            done, _ = await asyncio.wait({task}, timeout=self.after)
            if not done:
                await self._say(citizen, turn, service, language)
            return await task
        finally:
            task.cancel()

    async def _say(self, citizen: str, turn: str, service: str, language: str) -> None:
        notice = Notice(
            id=f"{_PHRASE}-{hashlib.sha256(turn.encode()).hexdigest()[:32]}",
            citizen=citizen,
            language=language,
            about=self.catalogue.services[service].title[language],
            text=self.catalogue.phrases[_PHRASE][language],
        )
        try:
            await self.notify(notice)
        except NoticeRefused as error:
            _LOG.info("not_told_meanwhile", error=type(error).__name__)
