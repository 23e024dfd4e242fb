"""Letters spelled aloud in Telugu or Hindi ("ఆర్టీసీ", "एस बी आई") as Latin capitals."""

from __future__ import annotations

from functools import lru_cache

import regex

from nlu.text import Normalised
from nlu.text.lexicon import load_lexicon

_INDIC_WORD = regex.compile(r"[\p{Script=Telugu}\p{Script=Devanagari}]+")


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    letters = load_lexicon("letters")["letters"]
    return {str(name): str(letter) for letter, names in letters.items() for name in names}


@lru_cache(maxsize=4096)
def spell(word: str) -> str | None:
    """Capitals of a word that is only letter names, None for any other word."""
    if not word:
        return ""
    for length in range(min(len(word), 8), 0, -1):
        letter = _names().get(word[:length])
        if letter is not None:
            rest = spell(word[length:])
            if rest is not None:
                return letter + rest
    return None


def spelled_letters(text: Normalised) -> Normalised:
    """The text with such words replaced; single-letter words too (ఏ, के), so only for codes."""
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for match in (*_INDIC_WORD.finditer(text.text), None):
        capitals = spell(match.group()) if match else None
        if match is not None and capitals is None:
            continue
        until = match.start() if match else len(text.text)
        out.append(text.text[done:until])
        starts += text.offsets[done:until]
        ends += text.ends[done:until]
        if match is not None and capitals is not None:
            start, end = text.raw_span(*match.span())
            out.append(capitals)
            starts += [start] * len(capitals)
            ends += [end] * len(capitals)
            done = match.end()
    return Normalised("".join(out), tuple(starts), tuple(ends), text.raw)
