"""Numbers of a fixed shape (`number`), codes with letters (`code`), mobile numbers (`mobile`)."""

from __future__ import annotations

import sre_parse
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, lru_cache
from itertools import accumulate, groupby

import regex

from nlu.catalogue import Catalogue, SlotType
from nlu.slots.context import Announced, is_quantity, is_small_word, needs_cue
from nlu.slots.kind import Elsewhere, Hit, Kind, Parsed, Rejected, Said, register
from nlu.slots.words import Span, Spans, words
from nlu.text import Normalised
from nlu.text.checksums import consistent
from nlu.text.endings import is_ending
from nlu.text.lexicon import lexicon_cache, load_lexicon

# Groups of digits, but not the last ones of AP29Z1234, which belong to its letters.
_RUN = regex.compile(r"(?<!\d)(?<!\d[A-Za-z]{1,3})\d++(?:[ .-]{1,2}\d++)*+")
_GROUP = regex.compile(r"\d+")
_CODE_PART = regex.compile(r"[A-Za-z]+|\d+")
# A code written in one piece, as on a receipt: TL20180566. Nothing else looks like it.
_PIECE = regex.compile(r"(?P<letters>[A-Za-z]{2,5})\d{6,}")
_ONE_PIECE = regex.compile(rf"(?<![\p{{L}}\p{{M}}\d/-]){_PIECE.pattern}(?![\d/]|-[A-Za-z\d])")
_LETTERS = regex.compile(r"[\p{L}\p{M}]+")
_AROUND = regex.compile(r"[$^]|\(\?[=!<]|\\[bBAZ]")
_GAP = regex.compile(r"[ ./-]{0,2}")
_LONGEST_CODE = 12  # most parts of a code: "RTC 2611 0001", "A B C P K 1234 F"
_TEXTS = 8  # texts whose parts are cached: one message and its views
_LONGEST = 40  # characters of the longest number that any office gives
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


def read_number(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Parsed | Rejected:
    """The answer's number: all its digits if they fit, else the first group that fits."""
    return _best(slot_type, list(_numbers(slot_type, said.digits.text)))


def read_code(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Parsed | Rejected:
    """The answer's code in capital letters, without spaces."""
    return _best(slot_type, list(_codes(slot_type, said.codes.text)))


def read_mobile(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Parsed | Rejected:
    """The answer's Indian mobile number as ten digits."""
    return _best(slot_type, list(_mobiles(slot_type, said.digits.text)))


def find_numbers_of(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Iterator[Hit]:
    """Numbers of this type in a free message."""
    return _found(slot_type, said.digits, _numbers)


def find_codes(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Iterator[Hit]:
    """Codes of this type in a free message. In one service a code in one piece needs no cue."""
    return _found(slot_type, said.codes, _codes, codes=True)


def find_mobiles(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Iterator[Hit]:
    """Mobile numbers in a free message."""
    return _found(slot_type, said.digits, _mobiles)


def _found(
    slot_type: SlotType,
    view: Normalised,
    look: Callable[[SlotType, str], Iterator[Hit]],
    *,
    codes: bool = False,
) -> Iterator[Hit]:
    cues, demanding = Announced(slot_type.name, view), needs_cue(slot_type)
    if demanding and not cues.any and not (codes and _PIECE.search(view.text)):
        return
    sure = codes or slot_type.checksum is not None
    for hit in look(slot_type, view.text):
        if hit.confidence <= 0 or not _stands_alone(view.text, hit):
            continue
        if is_quantity(words(view.text), hit.end, hit.value):
            continue
        cue = cues.at(hit.start, hit.end)
        if cue and is_small_word(view, hit.start, hit.end):
            continue
        if cue or not demanding:
            yield replace(hit, confidence=1.0 if cue or sure else _LIKELY)
        elif codes and _PIECE.fullmatch(view.text, hit.start, hit.end):
            yield replace(hit, confidence=_LIKELY, one_service=True)


def _stands_alone(text: str, hit: Hit) -> bool:
    """False for a part of a longer code, date or decimal: 12/5, 1B, 1బి, A12. A case ending may
    follow."""
    before = text[hit.start - 1 : hit.start] if hit.start else ""
    if before and (before in "/," or before.isalpha()):
        return False
    return text[hit.end : hit.end + 1] != "/" and _ends_clean(text, hit.end)


def _ends_clean(text: str, end: int) -> bool:
    """True when the digits that end here have no letters glued to them, except a case ending."""
    glued = _LETTERS.match(text, end)
    return glued is None or is_ending(glued.group())


def _best(slot_type: SlotType, hits: list[Hit]) -> Parsed | Rejected:
    """The longest hit, so that a service number is not cut out of a longer number by chance."""
    good = [hit for hit in hits if hit.confidence > 0]
    if good:
        return Parsed(max(good, key=lambda hit: hit.end - hit.start).value)
    return Rejected("checksum" if hits else "format")


def _windows(
    text: str, lengths: tuple[int, int], read: Callable[[str], tuple[str, float] | None]
) -> Iterator[Hit]:
    """The longest runs of digit groups that `read` accepts, left to right. `lengths` are the fewest
    and the most digits that it may accept."""
    for run in _digit_runs(text):
        yield from _longest_fitting(run, lengths, len(run.parts), read)


@dataclass(frozen=True)
class _Run:
    """Places of parts of a text that may belong to one number. `written` has their characters in a
    row, in capitals; `edges` are where each part begins in it."""

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
    """What `read` accepts in a run, left to right: the longest of up to `most` parts."""
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
    """Groups of digits side by side. They are cached for the other slot types of the message."""
    runs = []
    for run in _RUN.finditer(text):
        groups = [group.span() for group in _GROUP.finditer(text, run.start(), run.end())]
        if not _ends_clean(text, run.end()):
            groups.pop()  # 519 1బి: the last one belongs to the letters after it
        runs.append(_run(text, groups))
    return tuple(runs)


def _numbers(slot_type: SlotType, text: str) -> Iterator[Hit]:
    """Numbers that match the pattern. Confidence 0 means that the check digit is wrong."""
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
        if not pattern.fullmatch(
            digits[-_MOBILE[0] :]
        ):  # the library is slow, and most digits are no mobile number
            return None
        national = _national(digits)
        return (national, 1.0) if pattern.fullmatch(national) else None

    for hit in _windows(text, _MOBILE, read):
        plus = _PLUS.search(text, max(0, hit.start - 2), hit.start)
        yield Hit(plus.start() if plus else hit.start, hit.end, hit.value, hit.confidence)


@lru_cache(maxsize=1024)
def _national(digits: str) -> str:
    """The digits without 0 or 91 in front. Empty when they are not a telephone number."""
    import phonenumbers

    try:
        return str(phonenumbers.parse(digits, _COUNTRY).national_number)
    except phonenumbers.NumberParseException:
        return ""


def _codes(slot_type: SlotType, text: str) -> Iterator[Hit]:
    """Codes in one piece first, then in groups, so that no word beside a code becomes part of it:
    "naa TL20180566 ki" is TL20180566."""
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
    """Letters and digits that may be parts of one code: only a small gap is between them."""
    runs: list[list[Span]] = []
    for part in _CODE_PART.finditer(text):
        if part.group().lower() in no_part():
            continue
        if not runs or not _GAP.fullmatch(text, runs[-1][-1][1], part.start()):
            runs.append([])
        runs[-1].append(part.span())
    return tuple(_run(text, parts) for parts in runs)


def _may_have(pattern: regex.Pattern[str], written: str) -> bool:
    """Whether a run may contain a code. One search is cheaper than a look at every part. It is not
    made for a pattern that looks around itself, nor where an O may be a zero."""
    return bool(
        "O" in written or _AROUND.search(pattern.pattern) or pattern.search(written) is not None
    )


def _left(text: str, taken: Spans) -> Iterator[_Run]:
    """The same runs without what is taken. No code reaches across a taken part."""
    for run in _code_runs(text):
        for gone, parts in groupby(run.parts, lambda part: taken.meets(*part)):
            if not gone:
                yield _run(text, parts)


@lexicon_cache(maxsize=1)
def no_part() -> frozenset[str]:
    """Words that stand before a code and are not its first letters: "no 2026...", "id"."""
    return frozenset(map(str, load_lexicon("cues")["no_code"]))


def _fitting(pattern: regex.Pattern[str], value: str) -> str | None:
    """`value` if it fits, or `value` with one letter O read as a zero."""
    if pattern.fullmatch(value):
        return value
    if "O" not in value or not any(c.isdigit() for c in value):
        return None
    for at, character in enumerate(value):
        if character == "O" and pattern.fullmatch(value[:at] + "0" + value[at + 1 :]):
            return value[:at] + "0" + value[at + 1 :]
    return None


_NEVER: tuple[Elsewhere, ...] = ("calendar", "papers")
register(
    Kind(
        name="number",
        reads="digits in any script, grouped or spelled in words",
        read=read_number,
        allows=("pattern", "checksum"),
        find=find_numbers_of,
        view="digits",
        shaped=True,
        never=_NEVER,
        names_record=True,
        other_digits=True,
    ),
    Kind(
        name="code",
        reads="letters and digits, in groups or spelled: `RTC26110001`, `AP 39 AB 1234`",
        read=read_code,
        allows=("pattern", "checksum"),
        find=find_codes,
        view="codes",
        shaped=True,
        never=_NEVER,
        names_record=True,
        other_digits=True,
    ),
    Kind(
        name="mobile",
        reads="Indian mobile numbers with or without +91 or 0",
        read=read_mobile,
        allows=("pattern",),
        find=find_mobiles,
        view="digits",
        shaped=True,
        never=_NEVER,
        other_digits=True,
    ),
)
