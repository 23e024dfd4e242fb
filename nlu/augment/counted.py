"""Numbers said and written: digits as words of the utterance's key, and words as digits."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import regex

from nlu.augment.segments import Segment, Writing, rewrite
from nlu.text import spoken_to_digits

# Digits that stand for themselves: not in a date, an amount with commas or a code of letters.
_NUMBER = regex.compile(r"(?<![\p{Latin}\d.,/:₹-])\d+(?![\d\p{Latin}]|[.,/:-]\d)")


class Counted:
    """Writes numbers the other way; `nlu.text.numbers` reads both."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """`settings` as under `numbers` of `data/augmentation.yml`."""
        self._settings = settings
        self._words: Mapping[str, Mapping[int, str]] = settings["words"]
        self._alone: Mapping[str, Mapping[int, str]] = settings["unit_alone"]
        self._units = sorted(
            (n for n in self._words[next(iter(self._words))] if n >= 100), reverse=True
        )

    def vary(
        self, pieces: tuple[Segment, ...], where: Writing, random: Random
    ) -> tuple[Segment, ...]:
        """The pieces with numbers in digits spelled out, or numbers in words made digits."""
        if random.random() >= self._settings["spoken"]:
            return rewrite(pieces, _in_digits)
        language = "en" if random.random() < self._settings["english"] else where.key
        return rewrite(
            pieces, lambda text: _NUMBER.sub(lambda m: self.in_words(m.group(), language), text)
        )

    def in_words(self, digits: str, key: str) -> str:
        """`digits` in words of `key`; as they are when the table has no words for them."""
        words = self._words.get(key)
        if words is None:
            return digits
        if len(digits) >= self._settings["dictated"] or digits.startswith("0"):
            return " ".join(words[int(digit)] for digit in digits)
        return self._quantity(int(digits), words, key) or digits

    def _quantity(self, number: int, words: Mapping[int, str], key: str) -> str | None:
        """Whole hundreds, thousands and lakhs, and what is below a hundred."""
        for unit in self._units:
            if number >= unit and number % unit == 0:
                if number == unit and unit in self._alone.get(key, {}):
                    return self._alone[key][unit]
                count = self._below_hundred(number // unit, words, key)
                return f"{count} {words[unit]}" if count else None
        return self._below_hundred(number, words, key)

    def _below_hundred(self, number: int, words: Mapping[int, str], key: str) -> str | None:
        if number in words:
            return words[number] if number < 100 else None
        if number > 100 or key not in self._settings["compound_tens"]:
            return None
        return f"{words[number - number % 10]} {words[number % 10]}"


def _in_digits(text: str) -> str:
    """Number words as digits; the spaces at the ends stay."""
    if not text.strip():
        return text
    before = text[: len(text) - len(text.lstrip())]
    after = text[len(text.rstrip()) :]
    return before + spoken_to_digits(text).text + after
