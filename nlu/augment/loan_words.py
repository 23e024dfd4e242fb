"""English words of Telugu and Hindi sentences in Latin letters: "బస్సు టికెట్" is "bus ticket"."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

from nlu.augment.segments import Segment, Writing, rewrite_words


class LoanWords:
    """Code-mixing of letters only."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """`settings` as under `loan_words` of `data/augmentation.yml`."""
        self._rate = float(settings["rate"])
        self._latin = {
            native: row["en"]
            for row in settings["words"]
            for language, forms in row.items()
            if language != "en"
            for native in forms
        }

    def vary(
        self, pieces: tuple[Segment, ...], where: Writing, random: Random
    ) -> tuple[Segment, ...]:
        """The pieces with loan words that stand alone in Latin letters."""
        return rewrite_words(pieces, lambda word: self._word(word, random))

    def _word(self, word: str, random: Random) -> str:
        latin = self._latin.get(word)
        return latin if latin and random.random() < self._rate else word
