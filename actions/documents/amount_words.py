"""An amount of rupees in words, in Telugu, Hindi and English (`amounts.yml`)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from nlu.fast_yaml import load_yaml


def amount_in_words(amount: Decimal, language: str) -> str:
    """`3420.50` -> "three thousand four hundred twenty rupees and fifty paise only"."""
    words = _words()[language]
    whole, paise = divmod(int(amount * 100), 100)
    pattern = ("one_rupee" if whole == 1 else "rupees") + ("_paise" if paise else "")
    said: str = words[pattern]
    return said.format(rupees=_number(whole, words), paise=_number(paise, words))


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
def _words() -> Mapping[str, Mapping[str, Any]]:
    text = Path(__file__).with_name("amounts.yml").read_text("utf-8")
    found: Mapping[str, Mapping[str, Any]] = load_yaml(text)
    return found
