"""What Whisper base writes for Telugu and Hindi speech: the sound, in rough Latin letters.

Made like the transcripts of docs/voice.md: "Vijayavara Nunchi, Hyderabad ki Basu tiket buk
chayali". English comes out clean and is left alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any

import regex

from nlu.augment.letter_rules import LetterRules
from nlu.augment.romanised import INDIC_WORD
from nlu.augment.segments import Segment, Writing, rewrite, rewrite_words
from nlu.augment.word_borders import join_words, split_words
from nlu.text import normalise
from nlu.text.indic_letters import romanise

_PUNCTUATION = regex.compile(r"(?<!\d)[^\p{L}\p{M}\p{N}\s]+|[^\p{L}\p{M}\p{N}\s]+(?!\d)")


class Transcript:
    """Noise of speech recognition on romanised words."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """`settings` as under `speech` of `data/augmentation.yml`."""
        self._settings = settings
        self._sounds = LetterRules.from_data(settings["sounds"])

    def vary(
        self, pieces: tuple[Segment, ...], where: Writing, random: Random
    ) -> tuple[Segment, ...]:
        """The text as a transcript of somebody saying it."""
        rates = self._settings
        pieces = rewrite(pieces, lambda text: INDIC_WORD.sub(_by_rule, text))
        pieces = rewrite_words(pieces, lambda word: self._word(word, random))
        pieces = rewrite(pieces, lambda text: _PUNCTUATION.sub("", text))
        pieces = rewrite(
            pieces,
            lambda text: split_words(text, rates["split"], rates["longest_whole"], random),
        )
        pieces = rewrite(pieces, lambda text: join_words(text, rates["join"], random))
        pieces = tuple(
            piece
            if piece.mark is not None
            else piece.with_text(self._commas(piece.text, rates["comma"], random))
            for piece in pieces
        )
        if pieces and random.random() < rates["capital"]:
            first = pieces[0]
            pieces = (first.with_text(first.text[:1].upper() + first.text[1:]), *pieces[1:])
        return pieces

    def _word(self, word: str, random: Random) -> str:
        return self._sounds.vary(word.lower(), random) if word.isascii() else word

    @staticmethod
    def _commas(text: str, rate: float, random: Random) -> str:
        words = text.split(" ")
        return " ".join(
            f"{word}," if word.isalpha() and random.random() < rate else word for word in words[:-1]
        ) + (" " + words[-1] if len(words) > 1 else words[-1])


def _by_rule(word: regex.Match[str]) -> str:
    return romanise(normalise(word.group()).text)
