"""Numbers with a fixed shape (service numbers, Aadhaar), codes with letters, mobile numbers."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from functools import cache, lru_cache

import regex

from nlu.catalogue import SlotType
from nlu.slots.checksums import consistent
from nlu.slots.cues import announced, is_small_word, needs_cue
from nlu.slots.nouns import is_quantity
from nlu.slots.result import Hit, Parsed, Rejected
from nlu.slots.spelled import spelled_letters
from nlu.slots.words import words
from nlu.text import Normalised, spoken_to_digits
from nlu.text.endings import is_ending
from nlu.text.lexicon import load_lexicon

# Groups of digits; those behind the letters of AP29Z1234 belong to them.
_RUN = regex.compile(r"(?<!\d[A-Za-z]{1,3})(?<!\d[A-Za-z]{1,3}\d+)\d+(?:[ .-]{1,2}\d+)*")
_GROUP = regex.compile(r"\d+")
_CODE_PART = regex.compile(r"[A-Za-z]+|\d+")
# A code written in one piece, as on a receipt: TL20180566. Nothing else looks like it.
_ONE_PIECE = regex.compile(
    r"(?<![\p{L}\p{M}\d/-])(?P<letters>[A-Za-z]{2,5})\d{6,}(?![\d/]|-[A-Za-z\d])"
)
_LETTERS = regex.compile(r"[\p{L}\p{M}]+")
_GAP = regex.compile(r"[ ./-]{0,2}")
_LONGEST_CODE = 12  # parts a code may be written in: "RTC 2611 0001", "A B C P K 1234 F"
_LIKELY = 0.8  # confidence of a number without a cue
_COUNTRY = "IN"
_MOBILE = (10, 13)  # digits: national, or with +91 or 0
_PLUS = regex.compile(r"\+\s*$")


@cache
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


def find_numbers_of(
    slot_type: SlotType, view: Normalised, *, one_service: bool = False
) -> Iterator[Hit]:
    """Numbers of this type in a free message; `view` has its number words turned into digits.

    Where only the types of `one_service` are looked for, a code in one piece needs no cue.
    """
    finders = {"number": _numbers, "code": _codes, "mobile": _mobiles}
    for hit in finders[slot_type.kind](slot_type, view.text):
        if hit.confidence <= 0 or not _stands_alone(view.text, hit):
            continue
        if is_quantity(words(view.text), hit.end, hit.value):
            continue
        cue = announced(slot_type.name, view, hit.start, hit.end)
        if cue and is_small_word(view, hit.start, hit.end):
            continue
        if cue or not needs_cue(slot_type):
            yield Hit(hit.start, hit.end, hit.value, _confidence(slot_type, cue))
        elif one_service and _ONE_PIECE.fullmatch(view.text[hit.start : hit.end]):
            yield Hit(hit.start, hit.end, hit.value, _LIKELY)


def _confidence(slot_type: SlotType, cue: bool) -> float:
    if cue or slot_type.checksum or slot_type.kind == "code":
        return 1.0
    return _LIKELY


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
    """Codes in one piece, then in groups: "naa TL20180566 ki" is TL20180566, without the words."""
    pattern = _compiled(slot_type.pattern)
    for whole in _ONE_PIECE.finditer(text):
        value = whole.group().upper()
        if pattern.fullmatch(value) and whole["letters"].lower() not in no_part():
            good = consistent(slot_type.checksum, value)
            yield Hit(whole.start(), whole.end(), value, 1.0 if good else 0.0)
            text = text[: whole.start()] + " " * len(value) + text[whole.end() :]
    parts = [part for part in _CODE_PART.finditer(text) if part.group().lower() not in no_part()]
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
def no_part() -> frozenset[str]:
    """Words before a code or number, which are not its first letters: "no 2026...", "id"."""
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
