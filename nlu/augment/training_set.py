"""Everything that a training sees: the catalogue's utterances, each with its varied copies, and the
development sentences, which are not learned."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from nlu.augment.augmenter import Augmenter
from nlu.augment.segments import Augmented
from nlu.catalogue.model import Catalogue, Utterance
from nlu.text.romanisation import romanisers


@dataclass(frozen=True)
class Learned:
    """An utterance of a service or conversation intent, in one key, and copies of it."""

    intent: str
    key: str
    utterance: Utterance
    copies: tuple[Augmented, ...]
    development: bool = False

    @property
    def texts(self) -> tuple[str, ...]:
        """Raw texts of the utterance and its copies."""
        return (self.utterance.text, *(copy.text for copy in self.copies))


def training_set(catalogue: Catalogue, plan: Mapping[str, float]) -> Iterator[Learned]:
    """Every utterance in the catalogue's order, those of a development part last; `plan` as for
    `Augmenter`."""
    intents: dict[str, Any] = {**catalogue.services, **catalogue.conversation}
    augmenter = Augmenter(catalogue, romanisers(catalogue.root / "romanisation"), plan)
    for name, intent in intents.items():
        for key, utterances in intent.utterances.items():
            for utterance in utterances:
                copies = augmenter.copies(utterance, key, name)
                yield Learned(name, key, utterance, tuple(copies))
    for name, intent in intents.items():
        for key, utterances in intent.development.items():
            for utterance in utterances:
                yield Learned(name, key, utterance, (), development=True)
