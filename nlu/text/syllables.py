"""Cuts a text between written syllables: a letter keeps its signs, a conjunct its consonants.

A cut by code points leaves half a letter in Telugu and Hindi (క్షే becomes క్ష, క్ or క), and breaks
an emoji of several parts. A grapheme cluster of Unicode ends after a virama; a syllable does not.
"""

from __future__ import annotations

import regex

MARK = "…"  # says that something was cut off
_SYLLABLE = regex.compile(r"(?:\X(?<=[\p{Canonical_Combining_Class=Virama}\u200d]))*\X")


def cut_at(text: str, longest: int) -> int:
    """How many code points of `text`, at most `longest`, end with a whole syllable. One that is
    longer than half of `longest` is nothing that anybody reads: it is cut."""
    if len(text) <= longest:
        return len(text)
    end = 0
    for syllable in _SYLLABLE.finditer(text, 0, longest + 1):
        # one that reaches the end of what was looked at may go on there
        if syllable.end() > longest:
            break
        end = syllable.end()
    return end if end > longest // 2 else longest


def shortened(text: str, longest: int) -> str:
    """`text`, or as much of it as fits into `longest` code points with the mark that it goes on."""
    if len(text) <= longest:
        return text
    return text[: cut_at(text, longest - len(MARK))].rstrip() + MARK
