"""Numbers with a fixed shape (service numbers, Aadhaar), codes with letters, mobile numbers."""

from __future__ import annotations

import sre_parse
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import accumulate, groupby

import regex

from nlu.catalogue import SlotType
from nlu.slots.checksums import consistent
from nlu.slots.cues import Announced, is_small_word, needs_cue
from nlu.slots.nouns import is_quantity
from nlu.slots.result import Hit, Parsed, Rejected
from nlu.slots.spans import Span, Spans
from nlu.slots.spelled import spelled_letters
from nlu.slots.words import words
from nlu.text import Normalised, spoken_to_digits
from nlu.text.endings import is_ending
from nlu.text.lexicon import lexicon_cache, load_lexicon

# Groups of digits; those behind the letters of AP29Z1234 belong to them.
_RUN = regex.compile(r"(?<!\d)(?<!\d[A-Za-z]{1,3})\d++(?:[ .-]{1,2}\d++)*+")
_GROUP = regex.compile(r"\d+")
_CODE_PART = regex.compile(r"[A-Za-z]+|\d+")
# A code written in one piece, as on a receipt: TL20180566. Nothing else looks like it.
_PIECE = regex.compile(r"(?P<letters>[A-Za-z]{2,5})\d{6,}")
_ONE_PIECE = regex.compile(rf"(?<![\p{{L}}\p{{M}}\d/-]){_PIECE.pattern}(?![\d/]|-[A-Za-z\d])")
_LETTERS = regex.compile(r"[\p{L}\p{M}]+")
_AROUND = regex.compile(r"[$^]|\(\?[=!<]|\\[bBAZ]")
_GAP = regex.compile(r"[ ./-]{0,2}")
_LONGEST_CODE = 12  # parts a code may be written in: "RTC 2611 0001", "A B C P K 1234 F"
_TEXTS = 8  # whose parts are kept: of one message, and of its views
_LONGEST = 40  # characters: nothing that has a number has a longer one
_LIKELY = 0.8  # confidence of a number without a cue
_COUNTRY = "IN"
_MOBILE = (10, 13)  # digits: national, or with +91 or 0
_PLUS = regex.compile(r"\+\s*$")


@cache
def _compiled(pattern: str | None) -> regex.Pattern[str]:
    return regex.compile(pattern or r"\d+")


@cache
def _lengths(pattern: str | None) -> tuple[int, int]:
    """Characters of the shortest and of the longest value of a pattern."""
    shortest, longest = sre_parse.parse(pattern or r"\d+").getwidth()
    return max(1, shortest), min(longest, _LONGEST)


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
    cues, demanding = Announced(slot_type.name, view), needs_cue(slot_type)
    if demanding and not cues.any and not (one_service and _PIECE.search(view.text)):
        return
    for hit in finders[slot_type.kind](slot_type, view.text):
        if hit.confidence <= 0 or not _stands_alone(view.text, hit):
            continue
        if is_quantity(words(view.text), hit.end, hit.value):
            continue
        cue = cues.at(hit.start, hit.end)
        if cue and is_small_word(view, hit.start, hit.end):
            continue
        if cue or not demanding:
            yield Hit(hit.start, hit.end, hit.value, _confidence(slot_type, cue))
        elif one_service and _PIECE.fullmatch(view.text, hit.start, hit.end):
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


def _windows(
    text: str, lengths: tuple[int, int], read: Callable[[str], tuple[str, float] | None]
) -> Iterator[Hit]:
    """Longest windows over groups of digits that `read` accepts, left to right; `lengths` are the
    fewest and the most digits that it may accept."""
    for run in _digit_runs(text):
        yield from _longest_fitting(run, lengths, len(run.parts), read)


@dataclass(frozen=True)
class _Run:
    """Parts of a text, by their places, that may be of one number; `edges` are where each begins
    in `written`, all of them in a row, in capitals."""

    parts: tuple[Span, ...]
    written: str
    edges: tuple[int, ...]


def _run(text: str, parts: Iterable[Span]) -> _Run:
    parts = tuple(parts)
    edges = accumulate((end - start for start, end in parts), initial=0)
    written = "".join(text[start:end] for start, end in parts).upper()
    return _Run(parts, written, tuple(edges))


def _longest_fitting(
    run: _Run, lengths: tuple[int, int], most: int, read: Callable[[str], tuple[str, float] | None]
) -> Iterator[Hit]:
    """What `read` accepts of a run, left to right: of up to `most` parts, the longest first."""
    parts, edges, first = run.parts, run.edges, 0
    while first < len(parts):
        step = 1
        longest = min(first + most, bisect_right(edges, edges[first] + lengths[1]) - 1)
        for last in range(longest, first, -1):
            if edges[last] - edges[first] < lengths[0]:
                break
            found = read(run.written[edges[first] : edges[last]])
            if found is not None:
                yield Hit(parts[first][0], parts[last - 1][1], *found)
                step = last - first
                break
        first += step


@lexicon_cache(maxsize=_TEXTS)
def _digit_runs(text: str) -> tuple[_Run, ...]:
    """Groups of digits side by side; kept for the types that are looked for next."""
    runs = []
    for run in _RUN.finditer(text):
        groups = [group.span() for group in _GROUP.finditer(text, run.start(), run.end())]
        if not _ends_clean(text, run.end()):
            groups.pop()  # 519 1బి: the last one belongs to the letters after it
        runs.append(_run(text, groups))
    return tuple(runs)


def _numbers(slot_type: SlotType, text: str) -> Iterator[Hit]:
    """Numbers that match the pattern; confidence 0 tells of a wrong check digit."""
    pattern = _compiled(slot_type.pattern)

    def read(digits: str) -> tuple[str, float] | None:
        if not pattern.fullmatch(digits):
            return None
        return digits, 1.0 if consistent(slot_type.checksum, digits) else 0.0

    return _windows(text, _lengths(slot_type.pattern), read)


def _mobiles(slot_type: SlotType, text: str) -> Iterator[Hit]:
    """Mobile numbers with or without +91 or 0; a plus sign belongs to the number."""
    pattern = _compiled(slot_type.pattern)

    def read(digits: str) -> tuple[str, float] | None:
        if not pattern.fullmatch(digits[-_MOBILE[0] :]):  # spares most windows the library
            return None
        national = _national(digits)
        return (national, 1.0) if pattern.fullmatch(national) else None

    for hit in _windows(text, _MOBILE, read):
        plus = _PLUS.search(text, max(0, hit.start - 2), hit.start)
        yield Hit(plus.start() if plus else hit.start, hit.end, hit.value, hit.confidence)


@lru_cache(maxsize=1024)
def _national(digits: str) -> str:
    """The digits without 0 or 91 in front; empty where they are no number of a telephone."""
    import phonenumbers

    try:
        return str(phonenumbers.parse(digits, _COUNTRY).national_number)
    except phonenumbers.NumberParseException:
        return ""


def _codes(slot_type: SlotType, text: str) -> Iterator[Hit]:
    """Codes in one piece, then in groups: "naa TL20180566 ki" is TL20180566, without the words."""
    pattern = _compiled(slot_type.pattern)
    taken = []
    for whole in _ONE_PIECE.finditer(text):
        value = whole.group().upper()
        if pattern.fullmatch(value) and whole["letters"].lower() not in no_part():
            good = consistent(slot_type.checksum, value)
            yield Hit(whole.start(), whole.end(), value, 1.0 if good else 0.0)
            taken.append(whole.span())
    lengths = _lengths(slot_type.pattern)

    def read(written: str) -> tuple[str, float] | None:
        value = _fitting(pattern, written)
        if value is None:
            return None
        return value, 1.0 if consistent(slot_type.checksum, value) else 0.0

    for run in _left(text, Spans(taken)) if taken else _code_runs(text):
        if _may_have(pattern, run.written):
            yield from _longest_fitting(run, lengths, _LONGEST_CODE, read)


@lexicon_cache(maxsize=_TEXTS)
def _code_runs(text: str) -> tuple[_Run, ...]:
    """Runs of letters and of digits that may be of one code: nothing but a gap between them."""
    runs: list[list[Span]] = []
    for part in _CODE_PART.finditer(text):
        if part.group().lower() in no_part():
            continue
        if not runs or not _GAP.fullmatch(text, runs[-1][-1][1], part.start()):
            runs.append([])
        runs[-1].append(part.span())
    return tuple(_run(text, parts) for parts in runs)


def _may_have(pattern: regex.Pattern[str], written: str) -> bool:
    """Whether a code may be inside a run: one search spares the look at each of its windows. A
    pattern that looks around itself is not searched for, nor where an O may be a zero."""
    return bool(
        "O" in written or _AROUND.search(pattern.pattern) or pattern.search(written) is not None
    )


def _left(text: str, taken: Spans) -> Iterator[_Run]:
    """The same without what is taken, which no code goes across."""
    for run in _code_runs(text):
        for gone, parts in groupby(run.parts, lambda part: taken.meets(*part)):
            if not gone:
                yield _run(text, parts)


@lexicon_cache(maxsize=1)
def no_part() -> frozenset[str]:
    """Words before a code or number, which are not its first letters: "no 2026...", "id"."""
    return frozenset(map(str, load_lexicon("cues")["no_code"]))


def _fitting(pattern: regex.Pattern[str], value: str) -> str | None:
    """`value`, or with one letter O read as the zero it was meant to be."""
    if pattern.fullmatch(value):
        return value
    if "O" not in value or not any(c.isdigit() for c in value):
        return None
    for at, character in enumerate(value):
        if character == "O" and pattern.fullmatch(value[:at] + "0" + value[at + 1 :]):
            return value[:at] + "0" + value[at + 1 :]
    return None
