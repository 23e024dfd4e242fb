"""Messages as citizens write them, which no model has learned: held-out sentences of the catalogue
in five keys, some typed badly, each with the service that it asks for.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

import regex

from api.review.likeness import folded
from api.review.masks import masked
from nlu.catalogue import Catalogue
from nlu.catalogue.rules.utterances import OUT_OF_SCOPE

HELD_OUT = ("holdout", "holdout_noisy", "development")
_BADLY, _SLIP = 0.3, 0.06
"""Shares of messages that are typed badly, and of their letters that are doubled, dropped or
exchanged."""


@dataclass(frozen=True)
class Message:
    """A masked text, its key, and the intent that it asks for."""

    text: str
    key: str
    intent: str


def held_out(catalogue: Catalogue, seed: int) -> list[Message]:
    """All of them in an order drawn by lot, a fifth out of scope, none twice by its sound."""
    draw = random.Random(seed)
    services = [*_of(catalogue, services=True)]
    others = [*_of(catalogue, services=False)]
    draw.shuffle(services)
    draw.shuffle(others)
    some = [*services, *others[: len(services) // 4]]
    draw.shuffle(some)
    known: set[tuple[str, ...]] = set()
    found = []
    for one in some:
        text = masked(typed(one.text, draw) if draw.random() < _BADLY else one.text)
        sound = (one.key, *folded(text))
        if len(sound) > 1 and sound not in known:
            known.add(sound)
            found.append(Message(text, one.key, one.intent))
    return found


def typed(text: str, draw: random.Random) -> str:
    """As somebody types it in a hurry. Whole letters with their vowel signs are doubled, dropped or
    exchanged."""
    letters = regex.findall(r"\X", text)
    for at in range(1, len(letters)):
        inside = all(letter[:1].isalpha() for letter in letters[at - 1 : at + 1])
        if inside and draw.random() < _SLIP:
            kind = draw.randrange(3)
            if kind == 0:
                letters[at] *= 2
            elif kind == 1:
                letters[at] = ""
            else:
                letters[at - 1], letters[at] = letters[at], letters[at - 1]
    return "".join(letters)


def _of(catalogue: Catalogue, *, services: bool) -> Iterator[Message]:
    intents = (
        catalogue.services if services else {OUT_OF_SCOPE: catalogue.conversation[OUT_OF_SCOPE]}
    )
    for name, intent in intents.items():
        for part in HELD_OUT:
            for key, some in getattr(intent, part).items():
                if key in catalogue.languages.keys:
                    yield from (Message(one.text, key, name) for one in some)
