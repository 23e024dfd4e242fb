"""How people type on a phone: slips, short forms, spaces, no capitals; Indic signs confused."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import regex

from nlu.augment.keyboard import Keyboard
from nlu.augment.letter_rules import LetterRules
from nlu.augment.segments import Segment, Writing, rewrite, rewrite_words
from nlu.augment.word_borders import join_words, split_words

_PUNCTUATION = regex.compile(r"(?<!\d)[.,;:!?।'\"-]+|[.,;:!?।'\"-]+(?!\d)")
"""Punctuation, but not that inside a number or a date."""


class TypingHabits:
    """Noise of people; every step has its own chance."""

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
    """The marked values keep theirs: 4-5-12, Gandhi Nagar."""
    return tuple(
        piece if piece.mark is not None else piece.with_text(_PUNCTUATION.sub("", piece.text))
        for piece in pieces
    )
