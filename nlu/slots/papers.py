"""Papers and lists that are named by a number (1B, 22A): it is no number of the citizen's."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from nlu.text.endings import is_ending
from nlu.text.lexicon import lexicon_cache, load_lexicon

_GLUED = regex.compile(r"[\p{L}\p{M}]+")


def find_papers(text: str) -> Iterator[tuple[int, int]]:
    """Places of their names in a normalised text, in any script, with an ending or without."""
    for match in _names().finditer(text):
        glued = _GLUED.match(text, match.end())
        if glued is None or (" " not in match.group() and is_ending(glued.group())):
            yield match.span()


@lexicon_cache(maxsize=1)
def _names() -> regex.Pattern[str]:
    rows = load_lexicon("cues")["papers"].items()
    names = (
        rf"{number}[ -]?\(?(?:{'|'.join(regex.escape(str(letter)) for letter in letters)})"
        for number, letters in rows
    )
    return regex.compile(
        rf"(?<![\p{{L}}\p{{M}}\d./-])(?:{'|'.join(names)})(?!\p{{M}}|\s?[/-]\s?\d)",
        regex.IGNORECASE,
    )
