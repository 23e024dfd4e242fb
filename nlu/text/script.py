"""The scripts that a text is written in, and the borders of its syllables.

A cut by code points leaves half a letter in Telugu and Hindi (క్షే becomes క్ష, క్ or క), and
breaks an emoji of several parts. A grapheme cluster of Unicode ends after a virama; a syllable does
not.
"""

from __future__ import annotations

import unicodedata
from collections import Counter

import regex

SCRIPTS = ("Telu", "Deva", "Latn", "other")
_BLOCKS = (("Telu", 0x0C00, 0x0C7F), ("Deva", 0x0900, 0x097F), ("Deva", 0xA8E0, 0xA8FF))
MARK = "…"  # says that something was cut off
_SYLLABLE = regex.compile(r"(?:\X(?<=[\p{Canonical_Combining_Class=Virama}\u200d]))*\X")


def script_of(character: str) -> str | None:
    """Telu, Deva, Latn or other for a letter or vowel sign; None for anything else."""
    category = unicodedata.category(character)
    if category[0] not in "LM":
        return None
    point = ord(character)
    for script, first, last in _BLOCKS:
        if first <= point <= last:
            return script
    if category[0] == "M":
        return None
    if point < 0x250 or unicodedata.name(character, "").startswith(("LATIN", "FULLWIDTH LATIN")):
        return "Latn"
    return "other"


def counts(text: str) -> dict[str, int]:
    """Letters of each script; vowel signs count, so that a syllable weighs like Latin letters."""
    found = dict.fromkeys(SCRIPTS, 0)
    for character, count in Counter(text).items():
        script = script_of(character)
        if script is not None:
            found[script] += count
    return found


def shares(text: str) -> dict[str, float]:
    """Share of each script among the letters, summing to 1; all 0 when there is no letter."""
    found = counts(text)
    total = sum(found.values())
    return {script: count / total if total else 0.0 for script, count in found.items()}


def dominant(text: str) -> str | None:
    """Script with most letters, None when there is no letter."""
    found = counts(text)
    best = max(found, key=lambda script: found[script])
    return best if found[best] else None


def cut_at(text: str, longest: int) -> int:
    """How many code points of `text`, at most `longest`, end with a whole syllable. A syllable that
    is longer than half of `longest` is not real text and is cut."""
    if len(text) <= longest:
        return len(text)
    end = 0
    for syllable in _SYLLABLE.finditer(text, 0, longest + 1):
        # a syllable at the end of the search may continue behind it
        if syllable.end() > longest:
            break
        end = syllable.end()
    return end if end > longest // 2 else longest


def shortened(text: str, longest: int) -> str:
    """`text`, or as much of it as fits into `longest` code points with a mark at its end."""
    if len(text) <= longest:
        return text
    return text[: cut_at(text, longest - len(MARK))].rstrip() + MARK


def is_blank(text: str) -> bool:
    """Whether a text holds only white space, control signs, and marks without a letter."""
    return not any(unicodedata.category(character)[0] in "LNPS" for character in text)
