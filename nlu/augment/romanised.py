"""Telugu and Devanagari words in Latin letters, spelled as people were seen to spell them."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Protocol

import regex

from nlu.augment.segments import Segment, Writing, rewrite
from nlu.text import normalise
from nlu.text.indic_letters import romanise
from nlu.text.script import dominant

INDIC_WORD = regex.compile(r"[\u0900-\u0d7f][\u0900-\u0d7f\p{Cf}]*")
"""A run of Indic letters; it may follow digits, as the ending in "2కి"."""


class WordRomaniser(Protocol):
    """Writes words of one language in Latin letters (`nlu.text.romanisation.Romaniser`)."""

    def sample(self, text: str, random: Random) -> str:
        """One of the spellings people use, by their frequency."""
        ...


class Romanised:
    """The copy in Latin letters."""

    def __init__(self, romanisers: Mapping[str, WordRomaniser]) -> None:
        """`romanisers` by script (ISO 15924); a script without one is spelled by rule."""
        self._romanisers = romanisers

    def vary(
        self, pieces: tuple[Segment, ...], where: Writing, random: Random
    ) -> tuple[Segment, ...]:
        """The pieces with every Indic word romanised; Latin words and digits stay."""
        return rewrite(
            pieces,
            lambda text: INDIC_WORD.sub(lambda word: self._word(word.group(), random), text),
        )

    def _word(self, word: str, random: Random) -> str:
        plain = normalise(word).text
        romaniser = self._romanisers.get(dominant(plain) or "")
        return romaniser.sample(plain, random) if romaniser else romanise(plain)
