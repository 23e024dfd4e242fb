"""Which messages a candidate gets: a share of those that the live model understood.

A worker asks now and then which model is the candidate, beside its turns. A turn only looks at what
is known already, and leaves a row.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from dataclasses import replace

from api.inbox.shadow import Candidate, Sample, load_rules
from api.review.item import item_of
from api.review.pick import in_share
from api.review.rules import Rules
from api.review.rules import load_rules as load_review_rules
from api.shadow.action import action_of
from api.shadow.sample import Asked, heard_in
from nlu.log import describe, get_logger
from nlu.turn import Message, Turned

log = get_logger(__name__)


class Feed:
    """Chooses messages for the candidate of now."""

    def __init__(
        self,
        percent: float,
        ask: Callable[[], Awaitable[Candidate | None]],
        rules: Rules | None = None,
    ) -> None:
        """`percent` of the messages, chosen by the hash of their ids. `ask` tells the candidate;
        `rules` are those of the review, by which words are kept."""
        self._percent, self._ask = percent, ask
        self._rules = rules or load_review_rules()
        self.candidate: Candidate | None = None

    async def keep(self) -> None:
        """Asks for as long as the process runs."""
        while True:
            await self.look()
            await asyncio.sleep(load_rules().look_seconds)

    async def look(self) -> None:
        """Asks once. While nobody can be asked there is no candidate."""
        try:
            self.candidate = await self._ask()
        except (OSError, ValueError, sqlite3.Error) as error:
            if self.candidate is not None:
                log.warning("candidate_not_known", error=describe(error))
            self.candidate = None

    def samples(self, message: Message, turned: Turned) -> tuple[Sample, ...]:
        """What is kept of a turn for the candidate: mostly nothing. Left out are answers to the
        questions of a form, taps, words that another model than the live one understood, and pages
        of text, which would be cut."""
        candidate, told = self.candidate, turned.understanding
        if candidate is None or told is None or message.tapped or told.model != candidate.live:
            return ()
        longest = max([len(told.text), *(len(one.text) for one in message.readings)])
        if not told.text.strip() or longest > self._rules.longest:
            return ()
        if not in_share(message.id, self._percent, "shadow"):
            return ()
        top = told.ranking[0][0] if told.ranking else ""
        item = replace(item_of(told, self._rules), did=action_of(told.kind, told.options, top))
        asked = Asked(item, message.language, heard_in(message, self._rules))
        return (Sample(message.id, message.citizen, candidate.number, asked.sealed()),)
