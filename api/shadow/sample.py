"""A message as it waits for the candidate: what the live model made of it, and what to ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from api.review.item import Item
from api.review.masks import masked, with_figures
from api.review.rules import Rules
from nlu.speech.transcript import Reading, Readings
from nlu.storage.sealing import Unreadable, seal, unseal
from nlu.turn import Message

_FORM = 1


@dataclass(frozen=True)
class Asked:
    """`item` holds the words, and in `did` the live action. `language` is that of the replies
    before, which a model takes into account; `heard` are the readings of a voice note in the order
    in which the live model got them."""

    item: Item
    language: str | None = None
    heard: Readings = ()

    def question(self) -> str:
        """The words for the candidate: masked numbers are numbers again, of nobody."""
        return with_figures(self.item.text)

    def readings(self) -> Readings:
        """The same of a voice note."""
        return tuple(
            Reading(with_figures(one.text), one.language, one.language_probability)
            for one in self.heard
        )

    def sealed(self) -> str:
        """The token of a row."""
        heard = [[one.text, one.language, one.language_probability] for one in self.heard]
        return seal({"item": self.item.as_json(), "language": self.language, "heard": heard}, _FORM)

    @classmethod
    def of(cls, payload: str) -> Asked:
        """What a token says. Raises Unreadable."""
        told: Any = unseal(payload, _FORM)
        try:
            heard = tuple(Reading(str(a), str(b), float(c)) for a, b, c in told["heard"])
            return cls(Item.from_json(told["item"]), told["language"], heard)
        except (KeyError, TypeError, ValueError):
            raise Unreadable("form") from None


def heard_in(message: Message, rules: Rules) -> Readings:
    """The readings of a voice note, masked."""
    return tuple(
        Reading(masked(one.text), one.language, one.language_probability)
        for one in message.readings[: rules.readings + 1]
    )
