"""Words in other letters: spelled in another way, romanised, or in English.

Three kinds: `romanised` (Indic words in Latin letters), `spelling` (kavali, kaavaali) and
`loan_words` (బస్సు టికెట్ is bus ticket).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Literal, Protocol

import regex

from nlu.augment.segments import Segment, Writing, rewrite, rewrite_words
from nlu.text import normalise
from nlu.text.indic_letters import romanise
from nlu.text.script import dominant

Place = Literal["start", "inside", "end", "any"]
INDIC_WORD = regex.compile(r"[\u0900-\u0d7f][\u0900-\u0d7f\p{Cf}]*")
"""A run of Indic letters; it may follow digits, as the ending in "2కి"."""


@dataclass(frozen=True)
class LetterRule:
    """`before` may become one of `after`, with chance `rate` at every place where it stands."""

    before: str
    after: tuple[str, ...]
    rate: float
    at: Place = "any"

    def fits(self, word: str, position: int) -> bool:
        """Whether the rule applies at `position` of `word`."""
        if not word.startswith(self.before, position):
            return False
        first, last = position == 0, position + len(self.before) == len(word)
        return {
            "any": True,
            "start": first,
            "end": last and not first,
            "inside": not first and not last,
        }[self.at]


class LetterRules:
    """Rules are tried from left to right, the longest first. Nothing is replaced twice.

    Where a longer rule does not apply, shorter ones are tried.
    """

    def __init__(self, rules: Iterable[LetterRule]) -> None:
        """Orders the rules by their first letter and length."""
        self._by_letter: dict[str, list[LetterRule]] = {}
        for rule in sorted(rules, key=lambda r: -len(r.before)):
            self._by_letter.setdefault(rule.before[0], []).append(rule)

    @classmethod
    def from_data(cls, rows: Iterable[Mapping[str, Any]]) -> LetterRules:
        """Rules from `{from, to, rate, at}` rows of `data/augmentation.yml`."""
        return cls(
            LetterRule(
                str(row["from"]),
                tuple(str(text) for text in row["to"]),
                float(row["rate"]),
                row.get("at", "any"),
            )
            for row in rows
        )

    def vary(self, word: str, random: Random) -> str:
        """A variant of `word`, or the word itself; its first letter keeps its case."""
        lowered = word.lower()
        if len(lowered) != len(word):
            return word
        out: list[str] = []
        position = 0
        while position < len(word):
            chosen = None
            for rule in self._by_letter.get(lowered[position], ()):
                if rule.fits(lowered, position) and random.random() < rule.rate:
                    chosen = rule
                    break
            if chosen is None:
                out.append(word[position])
                position += 1
            else:
                out.append(random.choice(chosen.after))
                position += len(chosen.before)
        varied = "".join(out)
        if not varied:
            return word
        return varied[0].upper() + varied[1:] if word[0].isupper() else varied


class Spelling:
    """Changes vowel length, aspirates, v/w, sh/s, ee/i, oo/u, doubled letters and schwas."""

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


class WordRomaniser(Protocol):
    """Writes words of one language in Latin letters (`nlu.text.romanisation.Romaniser`)."""

    def sample(self, text: str, random: Random) -> str:
        """One of the spellings people use, by their frequency."""
        ...


class Romanised:
    """Writes Indic words in Latin letters."""

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


class LoanWords:
    """Writes English loan words in Latin letters."""

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
