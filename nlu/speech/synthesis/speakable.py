"""A reply as it is read aloud: without what only eyes need, signs as words, numbers by digit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import regex

_ADDRESS = regex.compile(r"(?:https?://|www\.)\S+")
_MONEY = regex.compile(r"₹\s*(\p{Nd}[\p{Nd},]*)(?:\.(\p{Nd}+))?")
_GROUPED = regex.compile(r"(?<=\p{Nd}),(?=\p{Nd})")
_DATE = regex.compile(r"(?<=\p{Nd})[-/](?=\p{Nd})")
_NUMBER = regex.compile(r"\p{Nd}+")
_CODE = regex.compile(r"(?<=\p{Latin})(?=\p{Nd})|(?<=\p{Nd})(?=\p{Latin})")
_LETTERS = regex.compile(r"[A-Za-z]+")
_SILENT = regex.compile(r"[\p{So}\p{Sk}\p{Cf}*_~•#|]+")
_FIRST = ord("a")


@dataclass(frozen=True)
class Speaking:
    """`speaking` of data/voices.yml for one language; `letters` are 26 names or none."""

    rupees: str
    letters: tuple[str, ...]


def speakable(text: str, speaking: Speaking, digits_alone: int) -> str:
    """A line of text for a voice; empty where nothing of it can be said."""
    text = _ADDRESS.sub(" ", text)
    text = _MONEY.sub(lambda money: _amount(money, speaking.rupees), text)
    text = _GROUPED.sub("", text)
    text = _DATE.sub(" ", text)
    text = _CODE.sub(" ", text)
    if speaking.letters:
        text = _LETTERS.sub(lambda word: _spelled(word.group(), speaking.letters), text)
    text = _NUMBER.sub(lambda number: _read(number.group(), digits_alone), text)
    return " ".join(_SILENT.sub(" ", text).replace("\u200c", "").split())


def _amount(money: regex.Match[str], rupees: str) -> str:
    whole, part = money.group(1), money.group(2) or ""
    return f"{whole}.{part} {rupees}" if part.strip("0") else f"{whole} {rupees}"


def _spelled(word: str, names: Sequence[str]) -> str:
    return " ".join(names[ord(letter) - _FIRST] for letter in word.lower())


def _read(number: str, digits_alone: int) -> str:
    return " ".join(number) if len(number) >= digits_alone or number[0] == "0" else number
