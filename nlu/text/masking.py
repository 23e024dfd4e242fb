"""Numbers that must not be kept or shown to others: Aadhaar and, for logs, telephone numbers.

This is for what is stored and logged, so in doubt a number is masked. A number that a citizen must
see again is not masked here.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import regex

from nlu.text.checksums import verhoeff
from nlu.text.lexicon import lexicon_cache, load_lexicon
from nlu.text.normalise import normalise
from nlu.text.numbers import find_numbers

AADHAAR_DIGITS, VID_DIGITS = 12, 16
SHOWN = 4

_LONGEST_KEPT = 13  # digits in one piece: service numbers have so many
_LONGEST_UNCUT = 4  # digits of the longest group that has no other number glued to it
_MOBILE = 10  # digits
_MASKED = "X" * (_MOBILE - SHOWN)  # at least, before the digits that are shown
_PHONE = regex.compile(r"(?:91|0)?[6-9]\d{9}")
_ABROAD = regex.compile(r"91[6-9]\d{9}")
# What stands for a digit: digits and numbers of any script and shape, and letters that look like
# one where nothing but digits and such letters is beside them.
_DIGITS = regex.compile(
    r"(?<![\p{L}\p{N}]\p{M}*)[OoIl]*+(?:\p{N}\p{M}*+[OoIl]*+)++(?!\p{L})"
    r"|(?:\p{N}\p{M}*+(?:[OoIl]++(?=\p{N}))?+)++"
    r"|(?<![\p{L}\p{N}]\p{M}*)[OoIl]{1,4}(?![\p{L}\p{N}\p{M}])"
)
_ALIKE = str.maketrans("OoIl", "0011")
_LETTER = regex.compile(r"\p{L}[\p{L}\p{M}]*+")


def last_four(value: str) -> str:
    """`value` with all but its last four characters replaced by X; short values vanish whole."""
    if len(value) <= SHOWN:
        return "X" * len(value)
    return "X" * (len(value) - SHOWN) + value[-SHOWN:]


def mask(text: str, *, phones: bool = False) -> str:
    """`text` with only the last four digits of every Aadhaar number and, with `phones`, of every
    phone number.

    An Aadhaar number has 12 digits, its stand-in (VID) 16. They may be figures of any script or
    words, with any signs between them, and may be glued to other digits. A number in one piece or
    in groups of four is masked even when its check digit is wrong.
    """
    clean = normalise(text)
    out: list[str] = []
    done = 0
    for run in _runs(clean.text):
        for first, last in run.sensitive(phones):
            start, _ = clean.raw_span(run.groups[first].start, run.groups[first].end)
            _, end = clean.raw_span(run.groups[last].start, run.groups[last].end)
            digits = "".join(group.digits for group in run.groups[first : last + 1])
            out += [text[done:start], last_four(digits)]
            done = end
    return "".join(out) + text[done:]


@dataclass(frozen=True)
class _Group:
    """Digits in one piece, at `start:end` of the cleaned text; `plain` where they are figures."""

    start: int
    end: int
    digits: str
    plain: bool


def _runs(text: str) -> Iterator[_Run]:
    """Groups with nothing but signs, or words for signs, between them."""
    run: list[_Group] = []
    for group in _groups(text):
        if run and not _apart(text, run[-1].end, group.start):
            run.append(group)
            continue
        yield _Run(text, run)
        run = [group]
    yield _Run(text, run)


def _groups(text: str) -> Iterator[_Group]:
    """Everything that stands for digits, left to right."""
    spoken = [
        _Group(span.start, span.end, span.digits.replace(".", ""), plain=False)
        for span in find_numbers(text)
        if span.words
    ]
    at = 0
    for match in _DIGITS.finditer(text):
        while at < len(spoken) and spoken[at].end <= match.start():
            yield spoken[at]
            at += 1
        if at < len(spoken) and spoken[at].start < match.end():
            continue  # 2 of "2 lakh"
        figures = match.group()
        plain = figures.isascii() and figures.isdigit()
        if plain and len(figures) == SHOWN and text.endswith(_MASKED, 0, match.start()):
            continue  # the end of a number that was masked before does not begin another one
        digits = figures if plain else "".join(map(_figure, figures.translate(_ALIKE)))
        if digits:
            yield _Group(match.start(), match.end(), digits, plain)
    yield from spoken[at:]


@lru_cache(maxsize=1024)
def _figure(character: str) -> str:
    """The digits that a character stands for: ४, ４, ⁴, ④, ㉔; nothing for marks and for ½."""
    value = unicodedata.numeric(character, -1.0)
    return str(int(value)) if 0 <= value < 100 and value == int(value) else ""


def _apart(text: str, start: int, end: int) -> bool:
    """Whether two groups have letters between them that are not a word for a sign."""
    return any(
        word.group().lower() not in _between() for word in _LETTER.finditer(text, start, end)
    )


@lexicon_cache(maxsize=1)
def _between() -> frozenset[str]:
    """Words for what is written between groups of digits: space, dash."""
    return frozenset(map(str, load_lexicon("masking")["between"]))


class _Run:
    """Digits of one or more groups that may be one number."""

    def __init__(self, text: str, groups: list[_Group]) -> None:
        self.groups = groups
        before = text[max(0, groups[0].start - 2) : groups[0].start] if groups else ""
        self._plus = before.rstrip().endswith("+")
        self._digits = "".join(group.digits for group in groups)
        self._edges = [0, *accumulate(len(group.digits) for group in groups)]

    def sensitive(self, phones: bool) -> list[tuple[int, int]]:
        """(first, last) group of each number to mask, left to right; overlaps are joined."""
        if len(self._digits) < (_MOBILE if phones else AADHAAR_DIGITS):
            return []
        found: list[tuple[int, int]] = []
        for first, last in sorted([*self._whole(phones), *self._cut()]):
            if found and first <= found[-1][1]:
                found[-1] = found[-1][0], max(last, found[-1][1])
            else:
                found.append((first, last))
        return found

    def _whole(self, phones: bool) -> Iterator[tuple[int, int]]:
        """Numbers of whole groups."""
        edges = self._edges
        for first in range(len(self.groups)):
            for last in range(first, len(self.groups)):
                length = edges[last + 1] - edges[first]
                if length > VID_DIGITS and last > first:
                    break
                digits = self._digits[edges[first] : edges[last + 1]]
                if (phones and _PHONE.fullmatch(digits)) or self._private(first, last, digits):
                    yield first, last

    def _private(self, first: int, last: int, digits: str) -> bool:
        if len(digits) not in (AADHAAR_DIGITS, VID_DIGITS):
            return first == last and len(digits) > _LONGEST_KEPT
        if _ABROAD.fullmatch(digits) and self._plus and first == 0:
            return False
        if digits[0] in "23456789" and verhoeff(digits):
            return True
        return self._written_like_one(first, last) and not _ABROAD.fullmatch(digits)

    def _written_like_one(self, first: int, last: int) -> bool:
        """Whether the groups are written as an Aadhaar number is: in fours, or all of one size.
        Then a wrong check digit is only a slip."""
        edges = [edge - self._edges[first] for edge in self._edges[first : last + 2]]
        if all(edge % 4 == 0 for edge in edges):
            return True
        return edges == list(range(0, edges[-1] + 1, edges[1])) and edges[-1] == len(self._digits)

    def _cut(self) -> Iterator[tuple[int, int]]:
        """Numbers with a right check digit that begin or end inside a group, because 91 or an extra
        digit is glued to them."""
        for start in range(len(self._digits) - AADHAAR_DIGITS + 1):
            if self._digits[start] in "01":
                continue
            end = start + AADHAAR_DIGITS
            first = bisect_left(self._edges, start + 1) - 1
            last = bisect_left(self._edges, end) - 1
            cut = {first} if self._edges[first] < start else set()
            cut |= {last} if self._edges[last + 1] > end else set()
            if cut and all(map(self._glued, cut)) and verhoeff(self._digits[start:end]):
                yield first, last

    def _glued(self, at: int) -> bool:
        """Whether a group may hold parts of two numbers. Mobile numbers and 13 digits do not."""
        group = self.groups[at]
        if not group.plain:
            return True
        if _PHONE.fullmatch(group.digits):
            return False
        return len(group.digits) > _LONGEST_UNCUT and len(group.digits) != _LONGEST_KEPT
