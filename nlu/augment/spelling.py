"""Telugu and Hindi words in Latin letters, spelled as the next person would: kavali, kaavaali."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from typing import Any

from nlu.augment.letter_rules import LetterRules
from nlu.augment.segments import Segment, Writing, rewrite_words


class Spelling:
    """Vowel length, aspirates, v/w, sh/s, ee/i, oo/u, doubled letters and dropped schwas."""

    def __init__(self, rules: Iterable[Mapping[str, Any]]) -> None:
        """`rules` as under `spelling` of `data/augmentation.yml`."""
        self._rules = LetterRules.from_data(rules)

    def vary(
        self, pieces: tuple[Segment, ...], where: Writing, random: Random
    ) -> tuple[Segment, ...]:
        """Another spelling of the Latin words; other scripts stay."""
        return rewrite_words(
            pieces, lambda word: self._rules.vary(word, random) if word.isascii() else word
        )
