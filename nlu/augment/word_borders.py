"""Spaces lost and added: words run together or cut in two, on a keyboard and in a transcript."""

from __future__ import annotations

from random import Random

import regex

from nlu.augment.segments import WORD

_GAP = regex.compile(r"(?<=[\p{L}\p{M}]) (?=\p{L})")
_SYLLABLE = regex.compile(r"\X")


def join_words(text: str, rate: float, random: Random) -> str:
    """Leaves out each space between two words with chance `rate`."""
    return _GAP.sub(lambda gap: "" if random.random() < rate else gap.group(), text)


def split_words(text: str, rate: float, longest_whole: int, random: Random) -> str:
    """Cuts each word longer than `longest_whole` letters with chance `rate`, between syllables."""

    def cut(match: regex.Match[str]) -> str:
        word = match.group()
        if len(word) <= longest_whole or random.random() >= rate:
            return word
        clusters = _SYLLABLE.findall(word)
        if len(clusters) < 2:
            return word
        at = random.randint(1, len(clusters) - 1)
        return "".join(clusters[:at]) + " " + "".join(clusters[at:])

    return WORD.sub(cut, text)
