"""Letters spelled aloud in Telugu or Hindi ("ఆర్టీసీ", "एस बी आई") as Latin capitals."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from nlu.text import Normalised
from nlu.text.cache import kept
from nlu.text.lexicon import lexicon_cache, load_lexicon

_LONGEST_NAME = 8  # characters of a letter's name
_INDIC_WORD = regex.compile(r"[\p{Script=Telugu}\p{Script=Devanagari}]+")


@lexicon_cache(maxsize=1)
def _names() -> dict[str, str]:
    letters = load_lexicon("letters")["letters"]
    return {str(name): str(letter) for letter, names in letters.items() for name in names}


@kept(4096)
def spell(word: str) -> str | None:
    """Capitals of a word that is only letter names, None for any other word."""
    used = [0] * len(word)  # characters of the letter that begins here, if the rest is spelled too
    for at in reversed(range(len(word))):
        for length in range(min(len(word) - at, _LONGEST_NAME), 0, -1):
            end = at + length
            if (end == len(word) or used[end]) and word[at:end] in _names():
                used[at] = length
                break
    letters, at = [], 0
    while at < len(word):
        if not used[at]:
            return None
        letters.append(_names()[word[at : at + used[at]]])
        at += used[at]
    return "".join(letters)


def spelled_letters(text: Normalised) -> Normalised:
    """The text with such words replaced; single letters too, so only for codes."""
    out: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    done = 0
    for match, capitals in _spelled(text.text):
        start, end = text.raw_span(*match.span())
        out += [text.text[done : match.start()], capitals]
        starts += [*text.offsets[done : match.start()], *[start] * len(capitals)]
        ends += [*text.ends[done : match.start()], *[end] * len(capitals)]
        done = match.end()
    out.append(text.text[done:])
    starts += text.offsets[done:]
    ends += text.ends[done:]
    return Normalised("".join(out), tuple(starts), tuple(ends), text.raw)


def _spelled(text: str) -> Iterator[tuple[regex.Match[str], str]]:
    """Words that are letter names, with their capitals; those that are everyday words too
    (`everyday` of the lexicon) only in a row of them."""
    found = [(match, spell(match.group())) for match in _INDIC_WORD.finditer(text)]
    for at, (match, capitals) in enumerate(found):
        if capitals is None:
            continue
        beside = [*found[max(0, at - 1) : at], *found[at + 1 : at + 2]]
        if match.group() not in _everyday() or any(_in_row(text, match, *x) for x in beside):
            yield match, capitals


def _in_row(
    text: str, word: regex.Match[str], other: regex.Match[str], capitals: str | None
) -> bool:
    """True when `other` is a spelled letter beside `word`, and not the letter of a number."""
    between = text[min(word.end(), other.end()) : max(word.start(), other.start())]
    apart = other.start() == 0 or not text[other.start() - 1].isdigit()
    return bool(capitals) and other.group() not in _everyday() and apart and not between.strip(" .")


@lexicon_cache(maxsize=1)
def _everyday() -> frozenset[str]:
    return frozenset(map(str, load_lexicon("letters")["everyday"]))
