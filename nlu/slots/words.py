"""Words of a text with their places and sounds, and the case endings Telugu and Hindi add."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

import regex

from nlu.text import fold
from nlu.text.lexicon import load_lexicon

_WORD = regex.compile(r"[\p{L}\p{M}]+|\d+")
_LATIN = regex.compile(r"[A-Za-z' .&/-]+")
_SHORTEST_STEM = 3
_SHORTEST_LATIN_SOUND = 5
T = TypeVar("T")


@dataclass(frozen=True)
class Word:
    """A run of letters or of digits at `start:end`; `sound` is its phonetic spelling."""

    text: str
    start: int
    end: int

    @property
    def sound(self) -> str:
        """Phonetic spelling (cached by nlu.text)."""
        return fold(self.text)


def words(text: str) -> list[Word]:
    """Words of a normalised text, left to right."""
    return [Word(m.group(), m.start(), m.end()) for m in _WORD.finditer(text)]


@dataclass(frozen=True)
class Stem:
    """A word without its case ending; `kept` of its characters belong to the stem."""

    text: str
    kept: int
    role: str | None


@lru_cache(maxsize=16384)
def stems(word: str) -> tuple[Stem, ...]:
    """The word itself, then without each case ending it may carry, longest ending first."""
    found = [Stem(word, len(word), None)]
    for cut, put, role in _suffixes():
        if word.lower().endswith(cut) and len(word) - len(cut) >= _SHORTEST_STEM:
            base = word[: len(word) - len(cut)]
            found.append(Stem(base + put, len(base) + len(put), role))
    return tuple(found)


@lru_cache(maxsize=1)
def _suffixes() -> tuple[tuple[str, str, str | None], ...]:
    rows = load_lexicon("suffixes")["suffixes"]
    found = [(str(r["cut"]), str(r.get("put", "")), r.get("role")) for r in rows]
    return tuple(sorted(found, key=lambda row: -len(row[0])))


class Phrases(Generic[T]):
    """Longest-match lookup of phrases: as written, and by sound where that is safe.

    Short Latin words are compared exactly: by sound `nau` would be `no`.
    """

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        """Takes (phrase, meaning) pairs; the first of equal phrases wins."""
        self._exact: dict[tuple[str, ...], T] = {}
        self._sound: dict[tuple[str, ...], T] = {}
        self.longest = 1
        for phrase, meaning in entries:
            parts = [w.text.lower() for w in words(phrase)] or [phrase]
            self._exact.setdefault(tuple(parts), meaning)
            if not _LATIN.fullmatch(phrase) or len(phrase) >= _SHORTEST_LATIN_SOUND:
                self._sound.setdefault(tuple(fold(part) for part in parts), meaning)
            self.longest = max(self.longest, len(parts))

    def get(self, parts: Sequence[str]) -> T | None:
        """Meaning of exactly these words; None when they are no phrase of ours."""
        exact = self._exact.get(tuple(part.lower() for part in parts))
        if exact is not None:
            return exact
        joined = " ".join(parts)
        if _LATIN.fullmatch(joined) and len(joined) < _SHORTEST_LATIN_SOUND:
            return None
        return self._sound.get(tuple(fold(part) for part in parts))

    def at(self, tokens: Sequence[Word], index: int) -> tuple[int, T] | None:
        """(words used, meaning) of the longest phrase that begins at `index`, endings cut."""
        found = self.match(tokens, index)
        return (found[0], found[2]) if found else None

    def match(self, tokens: Sequence[Word], index: int) -> tuple[int, int, T] | None:
        """(words used, characters of the last one without its ending, meaning)."""
        for length in range(min(self.longest, len(tokens) - index), 0, -1):
            parts = [token.text for token in tokens[index : index + length]]
            for stem in stems(parts[-1]):
                meaning = self.get([*parts[:-1], stem.text])
                if meaning is not None:
                    return length, stem.kept, meaning
        return None

    def ending(self, tokens: Sequence[Word], index: int) -> tuple[int, T] | None:
        """(words used, meaning) of the longest phrase whose last word is at `index`."""
        for length in range(min(self.longest, index + 1), 0, -1):
            parts = [token.text for token in tokens[index + 1 - length : index + 1]]
            meaning = self.get(parts)
            if meaning is not None:
                return length, meaning
        return None
