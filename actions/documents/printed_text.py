"""Text as it is printed on documents: fixed words, dates, amounts in words, and the fonts.

Words are in `printed.yml`, numbers in words in `amounts.yml`. The fonts are shipped with Seva;
`printable` says whether they have a shape for each sign of a text.
"""

from __future__ import annotations

import datetime
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from fontTools.ttLib import TTFont

from nlu.fast_yaml import load_yaml

FONTS = Path(__file__).parent / "fonts"
LATIN, TELUGU, DEVANAGARI = "NotoSans", "NotoSansTelugu", "NotoSansDevanagari"
FAMILIES = (LATIN, TELUGU, DEVANAGARI)
_JOINERS = "\u200c\u200d"
"""They change the shape of Indic letters and have no shape themselves."""


@lru_cache(maxsize=1)
def printed_words() -> Mapping[str, Any]:
    """All of `printed.yml`."""
    text = Path(__file__).with_name("printed.yml").read_text("utf-8")
    found: Mapping[str, Any] = load_yaml(text)
    return found


def in_order(words: Mapping[str, str]) -> list[str]:
    """The words of each language, in the order in which they are printed."""
    return [words[tag] for tag in printed_words()["languages"]]


def local_time(moment: int) -> datetime.datetime:
    """The local time of a moment (Unix seconds) where the citizen lives."""
    return datetime.datetime.fromtimestamp(moment, ZoneInfo(printed_words()["timezone"]))


def day(moment: int) -> str:
    """The date of a moment (Unix seconds), as printed."""
    return local_time(moment).strftime(printed_words()["date"])


def end_of_day(moment: int, days: int) -> int:
    """The last second of the day that is `days` after the day of a moment."""
    last = local_time(moment) + datetime.timedelta(days=days)
    return int(last.replace(hour=23, minute=59, second=59, microsecond=0).timestamp())


def printable(text: str) -> bool:
    """Whether each sign of a text has a shape in the fonts, and none is a control sign."""
    return all(
        sign in _JOINERS or (unicodedata.category(sign)[0] != "C" and ord(sign) in _covered())
        for sign in text
    )


def amount_in_words(amount: Decimal, language: str) -> str:
    """`3420.50` becomes "three thousand four hundred twenty rupees and fifty paise only"."""
    words = _amount_words()[language]
    whole, paise = divmod(int(amount * 100), 100)
    pattern = ("one_rupee" if whole == 1 else "rupees") + ("_paise" if paise else "")
    said: str = words[pattern]
    return said.format(rupees=_number(whole, words), paise=_number(paise, words))


@lru_cache(maxsize=1)
def _covered() -> frozenset[int]:
    """The code points that at least one of the fonts has."""
    found: set[int] = set()
    for family in FAMILIES:
        for style in ("Regular", "Bold"):
            with TTFont(FONTS / f"{family}-{style}.ttf", lazy=True) as font:
                found |= font.getBestCmap().keys()
    return frozenset(found)


def _number(number: int, words: Mapping[str, Any]) -> str:
    parts = []
    rest = number
    for scale in words["scales"]:
        count, rest = divmod(rest, scale["value"])
        if count == 1:
            parts.append(scale["one_and_more" if rest else "one"])
        elif count:
            parts.append(f"{_number(count, words)} {scale['many']}")
    if rest or not parts:
        parts.append(words["below_hundred"][rest])
    return " ".join(parts)


@lru_cache(maxsize=1)
def _amount_words() -> Mapping[str, Mapping[str, Any]]:
    text = Path(__file__).with_name("amounts.yml").read_text("utf-8")
    found: Mapping[str, Mapping[str, Any]] = load_yaml(text)
    return found
