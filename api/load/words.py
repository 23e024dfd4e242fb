"""What citizens of `seva load` say: sentences of the catalogue, and answers that fit its slots."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

from nlu.catalogue import Catalogue, SlotType


@dataclass(frozen=True)
class Words:
    """Sentences by key, and questions with what answers them, the longest first."""

    openings: Mapping[str, Sequence[Sequence[str]]]
    """By key, the sentences of each service."""
    questions: Sequence[tuple[str, SlotType]]
    _asked: dict[str, SlotType | None] = field(default_factory=dict)

    def begins(self, key: str, chance: Random) -> str:
        """A request: each service as often as the others."""
        return chance.choice(chance.choice(self.openings[key]))

    def asked(self, text: str) -> SlotType | None:
        """What a reply asks for, by its words."""
        if text not in self._asked:
            self._asked[text] = next(
                (kind for words, kind in self.questions if words in text), None
            )
        return self._asked[text]


def answer(kind: SlotType, language: str, chance: Random) -> str:
    """One that fits the slot: a choice in words, or an example of the catalogue."""
    if kind.choices:
        titles = chance.choice(kind.choices).title
        return titles.get(language) or next(iter(titles.values()))
    return chance.choice(kind.examples) if kind.examples else "12"


def words_of(catalogue: Catalogue, keys: Sequence[str]) -> Words:
    """The words of a catalogue in some keys. Raises ValueError for a key without sentences."""
    openings: dict[str, list[list[str]]] = {}
    for key in keys:
        some = [
            [one.text for one in service.utterances.get(key, ())]
            for service in catalogue.services.values()
        ]
        openings[key] = [texts for texts in some if texts]
        if not openings[key]:
            raise ValueError(f"no service of the catalogue has sentences in {key}")
    questions: dict[str, SlotType] = {}
    for service in catalogue.services.values():
        for slot in service.slots:
            for asks in (slot.ask or slot.type.ask, slot.type.retry):
                questions |= {question: slot.type for question in (asks or {}).values()}
    longest_first = sorted(questions.items(), key=lambda pair: -len(pair[0]))
    return Words(openings, longest_first)
