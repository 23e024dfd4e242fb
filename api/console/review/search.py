"""Finds services by name, in any script: by the sound of the words of their titles and ids."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from nlu.catalogue import Catalogue
from nlu.text import fold

_ALIKE = 82.0  # percent of the letters of two sounds
_SHORTEST = 3  # letters of a word that may be misspelled


@dataclass(frozen=True)
class Named:
    """An intent with the sounds of the words that name it."""

    name: str
    sounds: frozenset[str]


@dataclass(frozen=True)
class Search:
    """All intents of a catalogue."""

    named: Sequence[Named]

    @classmethod
    def of(cls, catalogue: Catalogue) -> Search:
        """Services by id, title and line of the menu; other intents by id."""
        found = [Named(name, _sounds(name)) for name in catalogue.conversation]
        for name, service in catalogue.services.items():
            words = [name, *service.title.values(), *service.menu.values()]
            found.append(Named(name, frozenset().union(*map(_sounds, words))))
        return cls(found)

    def find(self, text: str, most: int) -> list[str]:
        """Names of intents that have every word of `text` or its beginning, the best first."""
        wanted = fold(text.replace("_", " ")).split()
        if not wanted:
            return []
        scored = [(self._score(wanted, one), one.name) for one in self.named]
        best = sorted((-score, name) for score, name in scored if score)
        return [name for _, name in best[:most]]

    def _score(self, wanted: Sequence[str], one: Named) -> float:
        """0 where a word is missing."""
        total = 0.0
        for word in wanted:
            best = max((_likeness(word, sound) for sound in one.sounds), default=0.0)
            if not best:
                return 0.0
            total += best
        return total / len(wanted) - len(one.sounds) / 1000


def _likeness(word: str, sound: str) -> float:
    if sound == word:
        return 1.0
    if sound.startswith(word):
        return 0.9
    if len(word) < _SHORTEST:
        return 0.0
    ratio = fuzz.ratio(word, sound, score_cutoff=_ALIKE)
    return ratio / 125


def _sounds(text: str) -> frozenset[str]:
    return frozenset(fold(text.replace("_", " ")).split())
