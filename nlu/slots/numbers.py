"""Numbers with a fixed shape (service numbers, Aadhaar), codes with letters, mobile numbers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import lru_cache

import regex

from nlu.catalogue import SlotType
from nlu.slots.checksums import consistent
from nlu.slots.cues import announced, needs_cue
from nlu.slots.result import Hit, Parsed, Rejected
from nlu.slots.spelled import spelled_letters
from nlu.text import Normalised, spoken_to_digits
from nlu.text.endings import is_ending
from nlu.text.lexicon import load_lexicon

_RUN = regex.compile(r"\d+(?:[ .-]{1,2}\d+)*")
_GROUP = regex.compile(r"\d+")
_CODE_PART = regex.compile(r"[A-Za-z]+|\d+")
_LETTERS = regex.compile(r"[\p{L}\p{M}]+")
_GAP = regex.compile(r"[ ./-]{0,2}")
_LONGEST_CODE = 12  # parts a code may be written in: "RTC 2611 0001", "A B C P K 1234 F"
_COUNTRY = "IN"
_MOBILE = (10, 13)  # digits: national, or with +91 or 0
_PLUS = regex.compile(r"\+\s*$")


@lru_cache(maxsize=64)
def _compiled(pattern: str | None) -> regex.Pattern[str]:
    return regex.compile(pattern or r"\d+")


def parse_number(slot_type: SlotType, text: Normalised) -> Parsed | Rejected:
    """The answer's number: all its digits if they fit, else the first group that fits."""
    return _best(slot_type, list(_numbers(slot_type, spoken_to_digits(text).text)))


def parse_code(slot_type: SlotType, text: Normalised) -> Parsed | Rejected:
    """The answer's code in capital letters, without spaces."""
    view = spelled_letters(spoken_to_digits(text))
    return _best(slot_type, list(_codes(slot_type, view.text)))


def parse_mobile(slot_type: SlotType, text: Normalised) -> Parsed | Rejected:
    """The answer's Indian mobile number as ten digits."""
    return _best(slot_type, list(_mobiles(slot_type, spoken_to_digits(text).text)))


def find_numbers_of(slot_type: SlotType, view: Normalised) -> Iterator[Hit]:
    """Numbers of this type in a free message; `view` has its number words turned into digits."""
    finders = {"number": _numbers, "code": _codes, "mobile": _mobiles}
    for hit in finders[slot_type.kind](slot_type, view.text):
        if hit.confidence <= 0 or not _stands_alone(view.text, hit):
            continue
        cue = announced(slot_type.name, view.text, hit.start, hit.end)
        if cue and len(hit.value) == 1 and not _in_digits(view, hit):
            continue  # "rendu" beside a cue is more often "both" than a number
        if cue or not needs_cue(slot_type):
            yield Hit(hit.start, hit.end, hit.value, _confidence(slot_type, cue))


def _in_digits(view: Normalised, hit: Hit) -> bool:
    start, end = view.raw_span(hit.start, hit.end)
    return not _LETTERS.search(view.raw[start:end])


def _confidence(slot_type: SlotType, cue: bool) -> float:
    if cue or slot_type.checksum or slot_type.kind == "code":
        return 1.0
    return 0.8


def _stands_alone(text: str, hit: Hit) -> bool:
    """False inside a longer code, date or decimal: 12/5, 1B, 1బి, A12; a case ending is allowed."""
    before = text[hit.start - 1 : hit.start] if hit.start else ""
    if before and (before in "/," or before.isalpha()):
        return False
    return text[hit.end : hit.end + 1] != "/" and _ends_clean(text, hit.end)


def _ends_clean(text: str, end: int) -> bool:
    """True when no letters but a case ending are written onto the digits that end here."""
    glued = _LETTERS.match(text, end)
    return glued is None or is_ending(glued.group())


def _best(slot_type: SlotType, hits: list[Hit]) -> Parsed | Rejected:
    """Longest match wins, so that a service number is not cut out of a longer one by chance."""
    good = [hit for hit in hits if hit.confidence > 0]
    if good:
        return Parsed(max(good, key=lambda hit: hit.end - hit.start).value)
    return Rejected("checksum" if hits else "format")


def _windows(text: str, read: Callable[[str], tuple[str, float] | None]) -> Iterator[Hit]:
    """Longest windows over groups of digits that `read` accepts, left to right."""
    for run in _RUN.finditer(text):
        groups = [(run.start() + m.start(), m.group()) for m in _GROUP.finditer(run.group())]
        if not _ends_clean(text, run.end()):
            groups.pop()  # 519 1బి: the last one belongs to the letters after it
        first = 0
        while first < len(groups):
            step = 1
            for last in range(len(groups), first, -1):
                found = read("".join(group for _, group in groups[first:last]))
                if found is not None:
                    end = groups[last - 1][0] + len(groups[last - 1][1])
                    yield Hit(groups[first][0], end, *found)
                    step = last - first
                    break
            first += step


def _numbers(slot_type: SlotType, text: str) -> Iterator[Hit]:
    """Numbers that match the pattern; confidence 0 tells of a wrong check digit."""
    pattern = _compiled(slot_type.pattern)

    def read(digits: str) -> tuple[str, float] | None:
        if not pattern.fullmatch(digits):
            return None
        return digits, 1.0 if consistent(slot_type.checksum, digits) else 0.0

    return _windows(text, read)


def _mobiles(slot_type: SlotType, text: str) -> Iterator[Hit]:
    """Mobile numbers with or without +91 or 0; a plus sign belongs to the number."""
    import phonenumbers

    pattern = _compiled(slot_type.pattern)

    def read(digits: str) -> tuple[str, float] | None:
        if not _MOBILE[0] <= len(digits) <= _MOBILE[1]:
            return None
        try:
            number = phonenumbers.parse(digits, _COUNTRY)
        except phonenumbers.NumberParseException:
            return None
        national = str(number.national_number)
        return (national, 1.0) if pattern.fullmatch(national) else None

    for hit in _windows(text, read):
        plus = _PLUS.search(text[: hit.start])
        yield Hit(plus.start() if plus else hit.start, hit.end, hit.value, hit.confidence)


def _codes(slot_type: SlotType, text: str) -> Iterator[Hit]:
    pattern = _compiled(slot_type.pattern)
    parts = [part for part in _CODE_PART.finditer(text) if part.group().lower() not in _no_part()]
    taken = 0
    for first, part in enumerate(parts):
        if part.start() < taken:
            continue
        for last in range(min(len(parts), first + _LONGEST_CODE), first, -1):
            window = parts[first:last]
            gaps = itertools.pairwise(window)
            if not all(_GAP.fullmatch(text[a.end() : b.start()]) for a, b in gaps):
                continue
            value = _fitting(pattern, "".join(p.group() for p in window).upper())
            if value is not None:
                taken = window[-1].end()
                good = consistent(slot_type.checksum, value)
                yield Hit(part.start(), taken, value, 1.0 if good else 0.0)
                break


@lru_cache(maxsize=1)
def _no_part() -> frozenset[str]:
    """Words before a code, which are not its first letters: "no 2026...", "id"."""
    return frozenset(map(str, load_lexicon("cues")["no_code"]))


def _fitting(pattern: regex.Pattern[str], value: str) -> str | None:
    """`value`, or with one letter O read as the zero it was meant to be."""
    if pattern.fullmatch(value):
        return value
    if not any(c.isdigit() for c in value):
        return None
    for at, character in enumerate(value):
        if character == "O" and pattern.fullmatch(value[:at] + "0" + value[at + 1 :]):
            return value[:at] + "0" + value[at + 1 :]
    return None
