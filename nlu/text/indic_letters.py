"""Telugu and Devanagari letters in Latin: what they sound like, and the names of Latin letters.

All Indic blocks of Unicode share one layout (ISCII), so one table covers Devanagari to Malayalam by
the offset in the block. Telugu and Devanagari are the ones tested.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

import regex

from nlu.text.cache import kept
from nlu.text.lexicon import lexicon_cache, load_lexicon
from nlu.text.normalise import Normalised

FIRST, LAST, BLOCK = 0x0900, 0x0D7F, 0x80
DEVANAGARI, TELUGU = 0x0900, 0x0C00

VIRAMA, NUKTA = 0x4D, 0x3C
NASALS = frozenset({0x00, 0x01, 0x02})  # candrabindu, anusvara

VOWELS = {
    0x04: "a", 0x05: "a", 0x06: "a", 0x07: "i", 0x08: "i", 0x09: "u", 0x0A: "u", 0x0B: "ru",
    0x0D: "e", 0x0E: "e", 0x0F: "e", 0x10: "ai", 0x11: "o", 0x12: "o", 0x13: "o", 0x14: "au",
    0x60: "ru", 0x61: "lu", 0x72: "e", 0x73: "o",
}  # fmt: skip
SIGNS = {
    0x3E: "a", 0x3F: "i", 0x40: "i", 0x41: "u", 0x42: "u", 0x43: "ru", 0x44: "ru", 0x45: "e",
    0x46: "e", 0x47: "e", 0x48: "ai", 0x49: "o", 0x4A: "o", 0x4B: "o", 0x4C: "au",
}  # fmt: skip
CONSONANTS = {
    0x15: "k", 0x16: "kh", 0x17: "g", 0x18: "gh", 0x19: "n", 0x1A: "ch", 0x1B: "chh",
    0x1C: "j", 0x1D: "jh", 0x1E: "n", 0x1F: "t", 0x20: "th", 0x21: "d", 0x22: "dh", 0x23: "n",
    0x24: "t", 0x25: "th", 0x26: "d", 0x27: "dh", 0x28: "n", 0x29: "n", 0x2A: "p", 0x2B: "ph",
    0x2C: "b", 0x2D: "bh", 0x2E: "m", 0x2F: "y", 0x30: "r", 0x31: "r", 0x32: "l", 0x33: "l",
    0x34: "l", 0x35: "v", 0x36: "sh", 0x37: "sh", 0x38: "s", 0x39: "h", 0x58: "k", 0x59: "kh",
    0x5A: "g", 0x5B: "j", 0x5C: "d", 0x5D: "dh", 0x5E: "ph", 0x5F: "y",
}  # fmt: skip
LABIALS = ("p", "b", "m")
_LONGEST_NAME = 8  # characters of a letter's name
_INDIC_WORD = regex.compile(r"[\p{Script=Telugu}\p{Script=Devanagari}]+")


def is_indic(character: str) -> bool:
    """True for a character of the Indic blocks."""
    return FIRST <= ord(character) <= LAST


def romanise(word: str) -> str:
    """A rough Latin spelling of a word. Letters that are not Indic stay unchanged.

    Inherent vowels are written. Those that Hindi does not speak are left out: the last one, and by
    Ohala's rule (schwa -> 0 between VC and CV, from right to left).
    """
    units = _units(word)
    _nasalise(units)
    if any(DEVANAGARI <= ord(c) < DEVANAGARI + BLOCK for c in word):
        _delete_schwas(units)
    return "".join(unit.consonant + (unit.vowel or "").lower() for unit in units)


@dataclass
class _Unit:
    """A consonant with its vowel; the inherent vowel is "A" until schwas are settled."""

    consonant: str
    vowel: str = ""
    nasal: int | None = None  # block of an anusvara, whose sound depends on what follows


def _units(word: str) -> list[_Unit]:
    units: list[_Unit] = []
    for character in word:
        if not is_indic(character):
            units.append(_Unit(character))
            continue
        block, offset = divmod(ord(character) - FIRST, BLOCK)
        if offset in CONSONANTS:
            units.append(_Unit(CONSONANTS[offset], "A"))
        elif offset in SIGNS and units and units[-1].vowel == "A":
            units[-1].vowel = _vocalic(SIGNS[offset], block)
        elif offset in SIGNS or offset in VOWELS:
            vowel = SIGNS.get(offset) or VOWELS[offset]
            units.append(_Unit("", _vocalic(vowel, block)))
        elif offset == VIRAMA and units and units[-1].vowel == "A":
            units[-1].vowel = ""
        elif offset in NASALS:
            units.append(_Unit("n", nasal=block))
    return units


def _vocalic(vowel: str, block: int) -> str:
    """Vocalic r sounds like ri in Hindi, like ru in the south."""
    return "ri" if vowel == "ru" and block == 0 else vowel


def _nasalise(units: list[_Unit]) -> None:
    """Anusvara is m before labials and at the end of a southern word, else n."""
    for unit, following in zip_longest(units, units[1:]):
        if unit.nasal is None:
            continue
        if following is None:
            unit.consonant = "n" if unit.nasal == 0 else "m"
        elif following.consonant[:1] in LABIALS:
            unit.consonant = "m"


def _delete_schwas(units: list[_Unit]) -> None:
    if len(units) > 1 and units[-1].vowel == "A":
        units[-1].vowel = ""
    for i in range(len(units) - 2, 0, -1):
        before, unit, after = units[i - 1 : i + 2]
        if unit.vowel == "A" and before.vowel and after.consonant and after.vowel:
            unit.vowel = ""


@lexicon_cache(maxsize=1)
def _letter_names() -> dict[str, str]:
    letters = load_lexicon("letters")["letters"]
    return {str(name): str(letter) for letter, names in letters.items() for name in names}


@kept(4096)
def spell(word: str) -> str | None:
    """Capitals of a word that is only letter names, None for any other word."""
    used = [0] * len(word)  # characters of the letter that begins here, if the rest is spelled too
    for at in reversed(range(len(word))):
        for length in range(min(len(word) - at, _LONGEST_NAME), 0, -1):
            end = at + length
            if (end == len(word) or used[end]) and word[at:end] in _letter_names():
                used[at] = length
                break
    letters, at = [], 0
    while at < len(word):
        if not used[at]:
            return None
        letters.append(_letter_names()[word[at : at + used[at]]])
        at += used[at]
    return "".join(letters)


def spelled_letters(text: Normalised) -> Normalised:
    """The text with words of letter names as capitals. Single letters are replaced too, which is
    right only where a code is read."""
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
    """Words that are letter names, with their capitals. Some are everyday words too (`everyday` of
    the lexicon): these count only beside another spelled letter."""
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
    """True when `other` is a spelled letter beside `word` and does not belong to a number."""
    between = text[min(word.end(), other.end()) : max(word.start(), other.start())]
    apart = other.start() == 0 or not text[other.start() - 1].isdigit()
    return bool(capitals) and other.group() not in _everyday() and apart and not between.strip(" .")


@lexicon_cache(maxsize=1)
def _everyday() -> frozenset[str]:
    return frozenset(map(str, load_lexicon("letters")["everyday"]))
