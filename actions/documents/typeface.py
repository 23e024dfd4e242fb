"""The fonts that are shipped with Seva, and which signs they can print."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

from fontTools.ttLib import TTFont

FONTS = Path(__file__).parent / "fonts"
LATIN, TELUGU, DEVANAGARI = "NotoSans", "NotoSansTelugu", "NotoSansDevanagari"
FAMILIES = (LATIN, TELUGU, DEVANAGARI)
_JOINERS = "\u200c\u200d"
"""They shape Indic letters and have no shape of their own."""


def printable(text: str) -> bool:
    """Whether every sign has a shape, none is a control sign, and none turns the direction."""
    return all(
        sign in _JOINERS or (unicodedata.category(sign)[0] != "C" and ord(sign) in _covered())
        for sign in text
    )


@lru_cache(maxsize=1)
def _covered() -> frozenset[int]:
    """Code points that one of the fonts has."""
    found: set[int] = set()
    for family in FAMILIES:
        for style in ("Regular", "Bold"):
            with TTFont(FONTS / f"{family}-{style}.ttf", lazy=True) as font:
                found |= font.getBestCmap().keys()
    return frozenset(found)
