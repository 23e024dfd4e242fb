"""The words of `data/lexicon/numbers.yml`, looked up as written and by sound."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from nlu.text.cache import kept
from nlu.text.endings import stems
from nlu.text.lexicon import lexicon_folder, load_lexicon
from nlu.text.normalise import normalise
from nlu.text.phonetic import fold

Kind = Literal["cardinal", "multiplier", "fused", "fraction", "repeat", "joiner"]
_KINDS: tuple[tuple[str, Kind], ...] = (
    ("cardinals", "cardinal"),
    ("multipliers", "multiplier"),
    ("fused", "fused"),
    ("fractions", "fraction"),
    ("repeats", "repeat"),
)
_BY_SOUND = 5  # shorter words collide with ordinary ones: nau/no, sau/so, सात/साथ, ढाई/दे


@dataclass(frozen=True)
class NumberWord:
    """What one word adds to a number; `weak` words are numbers only in company."""

    kind: Kind
    value: Decimal
    weak: bool = False


class NumberWords:
    """Lookup of number words of every language at once."""

    def __init__(self, lexicon: dict[str, Any]) -> None:
        """Builds the tables from the parsed YAML file."""
        self._exact: dict[str, NumberWord] = {}
        self._sound: dict[str, NumberWord] = {}
        weak = {str(word) for word in lexicon.get("weak", [])}
        for section, kind in _KINDS:
            for value, forms in lexicon[section].items():
                for form in map(str, forms):
                    self._add(form, NumberWord(kind, Decimal(str(value)), form in weak))
        for form in map(str, lexicon.get("joiners", [])):
            self._exact[form] = NumberWord("joiner", Decimal(0))
        self._longest = max(map(len, self._exact))
        self._parts = kept(16384)(self._find)
        self._inflected = kept(16384)(self._find_inflected)

    def find(self, word: str) -> tuple[NumberWord, ...]:
        """Parts of `word` as numbers: one, or two for a compound (పదివేలు); () when it is none."""
        return self._parts(word)

    def find_inflected(self, word: str) -> tuple[int, tuple[NumberWord, ...]]:
        """Characters of `word` without its case ending, and its parts as numbers."""
        return self._inflected(word)

    def _add(self, form: str, word: NumberWord) -> None:
        form = normalise(form).text
        self._exact.setdefault(form, word)
        sound = fold(form)
        if len(sound) >= _BY_SOUND:
            self._sound.setdefault(sound, word)

    def _find(self, word: str) -> tuple[NumberWord, ...]:
        lowered = word.lower()
        single = self._single(lowered)
        if single is not None:
            return (single,)
        return self._compound(lowered)

    def _find_inflected(self, word: str) -> tuple[int, tuple[NumberWord, ...]]:
        for stem in stems(word):
            found = self.find(stem.text)
            if found:
                return stem.kept, found
        return 0, ()

    def _single(self, word: str) -> NumberWord | None:
        found = self._exact.get(word)
        return self._sound.get(fold(word)) if found is None else found

    def _compound(self, word: str) -> tuple[NumberWord, ...]:
        for cut in range(2, min(len(word) - 1, self._longest + 1)):
            first = self._exact.get(word[:cut])  # by sound, most words would begin with some number
            if first is None or first.kind not in ("cardinal", "multiplier"):
                continue
            second = self._single(word[cut:])
            if second is not None and _compounds(first, second):
                return (first, second)
        return ()


def _compounds(first: NumberWord, second: NumberWord) -> bool:
    if second.kind == "multiplier":
        return first.kind == "cardinal" and first.value > 0
    if second.kind != "cardinal":
        return False
    tens = first.kind == "cardinal" and first.value >= 20 and first.value % 10 == 0
    return (tens and 0 < second.value < 10) or (
        first.kind == "multiplier" and first.value == 100 and second.value > 0
    )


@lru_cache(maxsize=4)
def _load(folder: Path) -> NumberWords:
    return NumberWords(load_lexicon("numbers"))


def number_words() -> NumberWords:
    """Number words of the project's data folder."""
    return _load(lexicon_folder())
