"""Weighted replacements of letters inside a word: how sounds and signs are taken for each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Literal

Place = Literal["start", "inside", "end", "any"]


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
    """Rules tried from left to right, the longest first; what was replaced is not replaced again.

    A letter group that a longer rule leaves alone is still open to shorter ones.
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
