"""Indic letters as rough Latin. All Indic blocks of Unicode share one layout (ISCII): one table.

Covers Devanagari to Malayalam by offset in the block; Telugu and Devanagari are the ones tested.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import zip_longest

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


def is_indic(character: str) -> bool:
    """True for a character of the Indic blocks."""
    return FIRST <= ord(character) <= LAST


def romanise(word: str) -> str:
    """Rough Latin spelling of a word; what is not Indic passes unchanged.

    Inherent vowels are written; those Hindi does not speak are left out (final, and Ohala's rule
    schwa -> 0 between VC and CV, from right to left).
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
