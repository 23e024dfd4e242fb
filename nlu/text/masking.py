"""Numbers that must not be shown or kept: Aadhaar and, for logs, telephone numbers."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

import regex

from nlu.text.verhoeff import verhoeff

AADHAAR_DIGITS = 12
SHOWN = 4

# Digits of any script in groups, split by at most two spaces, dots or dashes.
_RUN = regex.compile(r"(?<!\p{Nd})\p{Nd}+(?:[\p{Zs}\-.‐‑–]{1,2}\p{Nd}+)*")
_GROUP = regex.compile(r"\p{Nd}+")
_PHONE = regex.compile(r"(?:91|0)?[6-9]\d{9}")


def last_four(value: str) -> str:
    """`value` with all but its last four characters replaced by X; short values vanish whole."""
    if len(value) <= SHOWN:
        return "X" * len(value)
    return "X" * (len(value) - SHOWN) + value[-SHOWN:]


def mask(text: str, *, phones: bool = False) -> str:
    """`text` with every Aadhaar number, and if asked every phone number, cut to its last four.

    An Aadhaar number is 12 digits in any script, grouped or not, with a right check digit. Digits
    spelled in words are not found: turn them into digits first (`spoken_to_digits`).
    """
    out: list[str] = []
    done = 0
    for start, end, digits in _sensitive(text, phones):
        out += [text[done:start], last_four(digits)]
        done = end
    return "".join(out) + text[done:]


def _sensitive(text: str, phones: bool) -> Iterator[tuple[int, int, str]]:
    """(start, end, ASCII digits) of what must go, left to right, whole groups of digits only."""
    for run in _RUN.finditer(text):
        groups = [(m.start() + run.start(), m.group()) for m in _GROUP.finditer(run.group())]
        first = 0
        while first < len(groups):
            last = _window(groups, first, phones)
            if last is None:
                first += 1
                continue
            start, (at, group) = groups[first][0], groups[last]
            yield start, at + len(group), "".join(_ascii(g) for _, g in groups[first : last + 1])
            first = last + 1


def _window(groups: list[tuple[int, str]], first: int, phones: bool) -> int | None:
    digits = ""
    for last in range(first, len(groups)):
        digits += _ascii(groups[last][1])
        if len(digits) > AADHAAR_DIGITS:
            return None
        if len(digits) == AADHAAR_DIGITS and digits[0] in "23456789" and verhoeff(digits):
            return last
        if phones and _PHONE.fullmatch(digits):
            return last
    return None


def _ascii(digits: str) -> str:
    return "".join(str(unicodedata.digit(d)) for d in digits)
