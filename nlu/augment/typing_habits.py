"""How people type on a phone (`typing`): slips, short forms, lost spaces, wrong vowel signs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import regex

from nlu.augment.letters import LetterRules
from nlu.augment.segments import Segment, Writing, join_words, rewrite, rewrite_words, split_words

_PUNCTUATION = regex.compile(r"(?<!\d)[.,;:!?।'\"-]+|[.,;:!?।'\"-]+(?!\d)")
"""Punctuation, but not that inside a number or a date."""


class Keyboard:
    """A keyboard: where its keys are, and which slips are likely on it."""

    def __init__(
        self,
        rows: Sequence[str],
        row_shift: Sequence[float],
        reach: float,
        slips: Mapping[str, float],
    ) -> None:
        """`rows` from top to bottom, each beginning `row_shift` keys from the left.

        Keys at most `reach` keys apart are neighbours; `slips` are the shares of neighbour,
        transpose, drop, double and extra. Raises ValueError for another slip.
        """
        self._slips = {name: getattr(self, f"_{name}", None) for name in slips}
        unknown = [name for name, slip in self._slips.items() if slip is None]
        if unknown:
            raise ValueError(f"unknown slips: {', '.join(unknown)}")
        self._names, self._weights = tuple(slips), tuple(slips.values())
        places = {
            key: (shift + column, row)
            for row, (keys, shift) in enumerate(zip(rows, row_shift))
            for column, key in enumerate(keys)
        }
        self.neighbours = {
            key: "".join(
                other
                for other, (u, v) in places.items()
                if other != key and (u - x) ** 2 + (v - y) ** 2 <= reach**2
            )
            for key, (x, y) in places.items()
        }

    def slip(self, word: str, random: Random) -> str:
        """`word` with one slip. The first letter stays, because people look at it."""
        if len(word) < 2:
            return word
        name = random.choices(self._names, self._weights)[0]
        slip = self._slips[name]
        assert slip is not None
        return slip(word, random.randrange(1, len(word)), random)

    def _near(self, letter: str, random: Random) -> str:
        return random.choice(self.neighbours.get(letter.lower(), letter))

    def _neighbour(self, word: str, at: int, random: Random) -> str:
        return word[:at] + self._near(word[at], random) + word[at + 1 :]

    def _transpose(self, word: str, at: int, random: Random) -> str:
        at = max(at, 2) if len(word) > 2 else 1
        return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]

    def _drop(self, word: str, at: int, random: Random) -> str:
        return word[:at] + word[at + 1 :]

    def _double(self, word: str, at: int, random: Random) -> str:
        return word[:at] + word[at] + word[at:]

    def _extra(self, word: str, at: int, random: Random) -> str:
        return word[:at] + self._near(word[at], random) + word[at:]


class TypingHabits:
    """Adds the noise of people who type. Every step has its own chance."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """`settings` as under `typing` of `data/augmentation.yml`."""
        self._settings = settings
        self._keyboard = Keyboard(
            settings["keyboard"], settings["row_shift"], settings["reach"], settings["slips"]
        )
        self._signs = LetterRules.from_data(settings["signs"])
        self._inner_vowels = regex.compile(rf"(?<=^\p{{L}}.*)[{settings['vowels']}](?=.)")

    def vary(
        self, pieces: tuple[Segment, ...], where: Writing, random: Random
    ) -> tuple[Segment, ...]:
        """The text as a hurried person types it. Values are typed no better than the rest."""
        rates = self._settings
        if random.random() < rates["lower"]:
            pieces = rewrite(pieces, str.lower)
        if random.random() < rates["bare"]:
            pieces = _without_punctuation(pieces)
        short = random.random() < rates["short_message"]
        pieces = rewrite_words(pieces, lambda word: self._word(word, short, random))
        pieces = rewrite(
            pieces,
            lambda text: split_words(text, rates["split"], rates["longest_whole"], random),
        )
        return rewrite(pieces, lambda text: join_words(text, rates["join"], random))

    def _word(self, word: str, short: bool, random: Random) -> str:
        rates = self._settings
        if not word.isascii():
            return self._signs.vary(word, random)
        if len(word) < rates["shortest"]:
            return word
        if short and random.random() < rates["short_word"]:
            word = self._inner_vowels.sub("", word)
        return self._keyboard.slip(word, random) if random.random() < rates["slip"] else word


def _without_punctuation(pieces: tuple[Segment, ...]) -> tuple[Segment, ...]:
    """The pieces without punctuation. Marked values keep theirs: 4-5-12, Gandhi Nagar."""
    return tuple(
        piece if piece.mark is not None else piece.with_text(_PUNCTUATION.sub("", piece.text))
        for piece in pieces
    )
