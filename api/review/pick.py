"""Which turns come to review, and what is kept of them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from api.inbox.review import Arrival
from api.review.item import ROUTE, item_of, item_of_words
from api.review.rules import Rules, load_rules
from nlu.turn import Message, Turned

RANDOM, CORRECTED = "random", "corrected"
_VOICE = "voice_unsure"
_OF_A_PERCENT = 100


@dataclass(frozen=True)
class Pick:
    """Chooses by the rules; `percent` of all messages come whatever was understood."""

    rules: Rules
    percent: float = 0.0

    @classmethod
    def of(cls, percent: float) -> Pick:
        """By the rules that came with Seva."""
        return cls(load_rules(), percent)

    def arrivals(self, message: Message, turned: Turned) -> tuple[Arrival, ...]:
        """What is kept of a turn: mostly nothing."""
        missed, told = turned.misunderstood, turned.understanding
        if missed is not None and missed.reason in self.rules.reasons:
            key = told.key if told and not message.tapped else message.language or ""
            key = missed.key or key
            item = item_of_words(missed, key, self.rules, turned.model)
            return (Arrival(message.id, message.citizen, missed.reason, item.sealed()),)
        reason = self.reason(message, turned)
        if reason is None or told is None:
            return ()
        words = item_of(told, self.rules).sealed()
        return (Arrival(message.id, message.citizen, reason, words),)

    def reason(self, message: Message, turned: Turned) -> str | None:
        """Why a citizen's own words come to review; None where they need not."""
        told = turned.understanding
        if told is None or message.tapped or not told.text.strip():
            return None
        found = self.rules.kinds.get(told.kind)
        if found is not None:
            return found
        unsure = not told.ranking or told.ranking[0][1] < self.rules.voice_sure
        if told.spoken and told.kind == ROUTE and unsure:
            return _VOICE
        return RANDOM if in_share(message.id, self.percent) else None


def in_share(name: str, percent: float, what: str = "review") -> bool:
    """Whether a message is of the share for `what`; the same each time its turn is taken."""
    if percent <= 0:
        return False
    found = int.from_bytes(hashlib.sha256(f"{what}:{name}".encode()).digest()[:4], "big")
    return found % (100 * _OF_A_PERCENT) < percent * _OF_A_PERCENT
