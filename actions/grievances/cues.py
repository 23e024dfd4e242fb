"""Cue phrases heard in a text: by sound, with any ending, or misspelt."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz

Phrase = tuple[str, ...]
"""A cue as the sounds of its words."""
_ENDING = 2  # letters by which a misspelt word may be longer or shorter


@dataclass(frozen=True)
class Nearness:
    """`prefix`: letters from which a word may have any ending; `typo`: from which it may be
    misspelt; `alike`: how alike it is then, in percent."""

    prefix: int
    typo: int
    alike: float


class Cues:
    """Phrases by their first word, the longest first."""

    def __init__(self, phrases: Iterable[Phrase]) -> None:
        by_first: dict[str, list[Phrase]] = defaultdict(list)
        for phrase in sorted(set(phrases), key=lambda one: (-len(one), one)):
            by_first[phrase[0]].append(phrase)
        self._by_first: Mapping[str, Sequence[Phrase]] = dict(by_first)
        self.words = frozenset(word for rows in by_first.values() for row in rows for word in row)

    def count(self, said: Sequence[str], meant: Sequence[frozenset[str]]) -> int:
        """How many phrases are said, left to right. `meant` are the cue words that each word may
        be; the same words said twice count once."""
        found: set[tuple[str, ...]] = set()
        at = 0
        while at < len(said):
            length = next(map(len, self._at(meant, at)), 0)
            if length:
                found.add(tuple(said[at : at + length]))
            at += length or 1
        return len(found)

    def _at(self, meant: Sequence[frozenset[str]], at: int) -> list[Phrase]:
        """Phrases that begin here, the longest first."""
        begun = [phrase for word in meant[at] for phrase in self._by_first.get(word, ())]
        fits = [
            phrase
            for phrase in begun
            if at + len(phrase) <= len(meant)
            and all(cue in meant[at + place] for place, cue in enumerate(phrase))
        ]
        return sorted(fits, key=len, reverse=True)


class Vocabulary:
    """All words of all cues; what a word may be is looked up once."""

    def __init__(self, every: Iterable[Cues], near: Nearness) -> None:
        self._near = near
        self._words = frozenset(word for cues in every for word in cues.words)
        self._long: dict[str, list[str]] = defaultdict(list)
        for word in self._words:
            if len(word) >= near.typo:
                self._long[word[0]].append(word)
        self.meant = lru_cache(maxsize=8192)(self._meant)

    def _meant(self, word: str) -> frozenset[str]:
        """The cue words that a word may be."""
        near = self._near
        beginnings = (word[:length] for length in range(near.prefix, len(word) + 1))
        found = {word, *beginnings} & self._words
        for cue in self._long.get(word[:1], ()):
            if abs(len(cue) - len(word)) <= _ENDING and fuzz.ratio(cue, word) >= near.alike:
                found.add(cue)
        return frozenset(found)
