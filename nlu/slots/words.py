"""Words of a text with their places and sounds, phrases of words, and places that are taken."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Generic, TypeVar

import regex

from nlu.text import fold, normalise
from nlu.text.cache import SENTENCE, kept
from nlu.text.endings import stems

_WORD = regex.compile(r"[\p{L}\p{M}]+|\d+|[+-](?=ve(?!\p{L}))|(?<=[\p{L}\p{M}])[+-](?=\s|$)")
"""Letters, digits, and a sign that ends a word and is part of what it says: blood of O+, O-ve."""
_LATIN = regex.compile(r"[A-Za-z' .&/-]+")
_SHORTEST_LATIN = 5  # letters: `nau` must not be `no`
_SHORTEST_SOUND = 4  # letters of the folded phrase: कल must not be కల (a dream)
T = TypeVar("T")
Span = tuple[int, int]


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


class Words(tuple[Word, ...]):
    """Words in the order of their places."""

    @cached_property
    def _starts(self) -> list[int]:
        return [word.start for word in self]

    @cached_property
    def spelled(self) -> dict[str, list[int]]:
        """Indexes of the words by each spelling and sound that they may be known by."""
        found: dict[str, list[int]] = {}
        for at, word in enumerate(self):
            for key in _keys(word.text):
                found.setdefault(key, []).append(at)
        return found

    def behind(self, place: int) -> int:
        """Index of the first word that begins at a place or behind it."""
        return bisect_left(self._starts, place)


@kept(64, SENTENCE)
def words(text: str) -> Words:
    """The words of a normalised text, left to right. They are cached for the next reader."""
    return words_between(text, 0, len(text))


def words_between(text: str, start: int, end: int) -> Words:
    """Words, or parts of words, between two places, with their places in the whole text."""
    found = _WORD.finditer(text, max(0, start), max(0, end))
    return Words(Word(m.group(), m.start(), m.end()) for m in found)


class Phrases(Generic[T]):
    """Finds the longest phrase: as written, and by sound where the sound is long enough."""

    def __init__(self, entries: Iterable[tuple[str, T]]) -> None:
        """Takes (phrase, meaning) pairs; the first of equal phrases wins."""
        self._exact: dict[tuple[str, ...], T] = {}
        self._sound: dict[tuple[str, ...], T] = {}
        self.longest = 1
        for phrase, meaning in entries:
            clean = normalise(phrase).text.lower()
            parts = tuple(word.text for word in words(clean)) or (clean,)
            self._exact.setdefault(parts, meaning)
            sounds = _sounds(parts)
            if sounds is not None:
                self._sound.setdefault(sounds, meaning)
            self.longest = max(self.longest, len(parts))
        self._firsts = frozenset(parts[0] for parts in (*self._exact, *self._sound))
        longer = [p for p in (*self._exact, *self._sound) if len(p) > 1]
        self._first_words = frozenset(parts[0] for parts in longer)
        self._last_words = frozenset(parts[-1] for parts in longer)
        self._look = kept(8192)(self._find)
        self._last = kept(8192)(self._find_last)

    def get(self, parts: Sequence[str]) -> T | None:
        """The meaning of exactly these words, or None."""
        if len(parts) > self.longest:
            return None
        exact = self._exact.get(tuple(part.lower() for part in parts))
        if exact is not None:
            return exact
        sounds = _sounds(parts)
        return self._sound.get(sounds) if sounds is not None else None

    def at(self, tokens: Sequence[Word], index: int) -> tuple[int, T] | None:
        """(words used, meaning) of the longest phrase that begins at `index`, without endings."""
        found = self.match(tokens, index)
        return (found[0], found[2]) if found else None

    def match(self, tokens: Sequence[Word], index: int) -> tuple[int, int, T] | None:
        """(words used, characters of the last one without its ending, meaning)."""
        if index >= len(tokens):
            return None
        begins, alone = self._look(tokens[index].text)
        if not begins:
            return (1, *alone) if alone else None
        for length in range(min(self.longest, len(tokens) - index), 1, -1):
            parts = [token.text for token in tokens[index : index + length]]
            for stem in stems(parts[-1]):
                meaning = self.get([*parts[:-1], stem.text])
                if meaning is not None:
                    return length, stem.kept, meaning
        return (1, *alone) if alone else None

    def said(self, tokens: Sequence[Word], index: int) -> tuple[int, T] | None:
        """(words used, meaning) of the longest phrase that begins at `index`, endings included."""
        begins, alone = self._look(tokens[index].text)
        if not begins and alone is None:
            return None
        longest = min(self.longest, len(tokens) - index) if begins else 1
        for length in range(longest, 0, -1):
            meaning = self.get([token.text for token in tokens[index : index + length]])
            if meaning is not None:
                return length, meaning
        return None

    def places(self, tokens: Words) -> list[int]:
        """Indexes of the words that are a phrase or begin one, left to right. Words that begin
        nothing are never looked at."""
        known = tokens.spelled
        some = sorted({at for key in self._firsts & known.keys() for at in known[key]})
        return [at for at in some if any(self._look(tokens[at].text))]

    def _find(self, word: str) -> tuple[bool, tuple[int, T] | None]:
        """Whether a phrase of several words can begin with this word, so that most words need no
        more look-ups; and what it means alone: (characters without its ending, meaning)."""
        begins = word.lower() in self._first_words or fold(word) in self._first_words
        for cut, written, sound in _spellings(word):
            meaning = self._exact.get(written)
            if meaning is None and sound is not None:
                meaning = self._sound.get(sound)
            if meaning is not None:
                return begins, (cut, meaning)
        return begins, None

    def _find_last(self, word: str) -> tuple[bool, T | None]:
        """Whether a phrase of several words can end with this word, and what it means alone."""
        ends = word.lower() in self._last_words or fold(word) in self._last_words
        return ends, self.get([word])

    def ending(self, tokens: Sequence[Word], index: int) -> tuple[int, T] | None:
        """(words used, meaning) of the longest phrase whose last word is at `index`."""
        ends, alone = self._last(tokens[index].text)
        for length in range(min(self.longest, index + 1) if ends else 1, 1, -1):
            parts = [token.text for token in tokens[index + 1 - length : index + 1]]
            meaning = self.get(parts)
            if meaning is not None:
                return length, meaning
        return None if alone is None else (1, alone)


@kept(8192)
def _spellings(word: str) -> tuple[tuple[int, tuple[str, ...], tuple[str, ...] | None], ...]:
    """The word without each ending: how many characters are left, as written, and its sound."""
    return tuple((stem.kept, (stem.text.lower(),), _sounds((stem.text,))) for stem in stems(word))


@kept(8192)
def _keys(word: str) -> frozenset[str]:
    """All spellings and sounds under which a word may be found."""
    cuts = [stem.text for stem in stems(word)]
    return frozenset((*(cut.lower() for cut in cuts), *(fold(cut) for cut in cuts)))


def _sounds(parts: Sequence[str]) -> tuple[str, ...] | None:
    """The sounds of a phrase, if it is long enough to be recognised by sound."""
    joined = " ".join(parts)
    if len(joined) < _SHORTEST_LATIN and _LATIN.fullmatch(joined):
        return None
    sounds = tuple(fold(part) for part in parts)
    return sounds if sum(map(len, sounds)) >= _SHORTEST_SOUND else None


class Spans:
    """Taken places (start, end) of a text, in any order. Those that touch are joined. A search
    halves the list, because every value of a message is compared with it."""

    def __init__(self, places: Iterable[Span]) -> None:
        """Sorts them once."""
        self._starts: list[int] = []
        self._ends: list[int] = []
        for start, end in sorted(places):
            if self._ends and start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], end)
            else:
                self._starts.append(start)
                self._ends.append(end)

    def meets(self, start: int, end: int) -> bool:
        """Whether any taken place has a character of `start:end`."""
        at = bisect_left(self._starts, end) - 1
        return at >= 0 and self._ends[at] > start
