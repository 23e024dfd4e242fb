"""Quantities: amounts of money (`amount`), how many (`count`), how much of a unit (`measure`).

In an answer any number counts. In a message a number needs its word beside it, or is less sure.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

import regex

from nlu.catalogue import Catalogue, SlotType
from nlu.slots.context import leads, noun_after
from nlu.slots.kind import Hit, Kind, Parsed, Rejected, Said, register
from nlu.slots.words import Phrases, Words, words
from nlu.text import NumberSpan, find_numbers
from nlu.text.lexicon import lexicon_cache, load_lexicon
from nlu.text.numbers import indian_grouping, plain

_GLUED = regex.compile(r"[\p{L}\p{M}]")
_FAR = 2  # words such as "bus" that may stand between the number and "tickets"
_BARE = 0.5
_CLAUSE_END = ("", ",", ".", ";", "!", "?")
_BETWEEN = 2  # words: "acres and"


def read_amount(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Parsed | Rejected:
    """Rupees of the answer, as digits: the number beside a money word, else the first one."""
    if said.text.startswith("-"):
        return Rejected("too_small")
    spans = meant(list(find_numbers(said.text)))
    spans.sort(key=lambda span: not _money(said.text, span))
    return bounded(slot_type, [span.value for span in spans])


def find_amounts(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Iterator[Hit]:
    """Amounts in a free message. They are sure beside a money word, likely after a multiplier such
    as "thousand", and else only possible."""
    lexicon = load_lexicon("amounts")
    spans = find_numbers(said.text)
    tokens = words(said.text) if spans else Words()
    for span in spans:
        money = _money(said.text, span)
        if money and _price(said.text, tokens, span):
            continue
        if not money and (_of_something(tokens, span) or not _plausible(said.text, span, lexicon)):
            continue
        if bounded(slot_type, [span.value]) == Parsed(plain(span.value)):
            confidence = 1.0 if money else (0.9 if span.quantity else 0.5)
            yield Hit(span.start, span.end, plain(span.value), confidence)


def bounded(slot_type: SlotType, values: list[Decimal]) -> Parsed | Rejected:
    """The first value within the type's bounds, or why none is."""
    low, high = slot_type.minimum, slot_type.maximum
    if not values:
        return Rejected("format")
    for value in values:
        if (low is None or value >= low) and (high is None or value <= high):
            return Parsed(plain(value))
    return Rejected("too_small" if low is not None and values[0] < low else "too_large")


def meant(spans: list[NumberSpan]) -> list[NumberSpan]:
    """The numbers of an answer. Everyday words (do, ek, oka) count only when there is no other."""
    strong = [span for span in spans if not span.weak]
    return strong or spans


def _plausible(text: str, span: NumberSpan, lexicon: dict[str, object]) -> bool:
    """A number without a money word that may still be an amount."""
    if span.quantity:
        return True
    before = text[max(0, span.start - 2) : span.start].rstrip(" ")[-1:]
    after = text[span.end : span.end + 1]
    if span.words or before in ("/", "-", "#") or after in ("/", "-", ":", "%"):
        return False
    if text[span.start - 1 : span.start].isalpha() or _GLUED.match(after):
        return False
    longest = int(str(lexicon["longest_bare"]))
    return len(span.digits) <= longest and span.value >= int(str(lexicon["smallest_bare"]))


def _of_something(tokens: Words, span: NumberSpan) -> bool:
    """True for a number of people or pages, or a small number of years. A large number before "a
    year" is an income."""
    noun = noun_after(tokens, span.end)
    if noun in ("unit", "days"):
        return span.value < int(load_lexicon("amounts")["counted_below"])
    return noun is not None


def _price(text: str, tokens: Words, span: NumberSpan) -> bool:
    """True for the price of a thing: "5 rupee canteen"."""
    if span.value >= int(load_lexicon("amounts")["priced_below"]):
        return False
    money = _money_words()[1].match(text, span.end)
    at = tokens.behind(money.end()) if money else len(tokens)
    return _priced().at(tokens[at : at + 1], 0) is not None


@lexicon_cache(maxsize=1)
def _priced() -> Phrases[bool]:
    return Phrases((str(form), True) for form in load_lexicon("amounts")["priced"])


def _money(text: str, span: NumberSpan) -> bool:
    before, after, longest = _money_words()
    near = text[max(0, span.start - longest) : span.start]
    return bool(before.search(near)) or bool(after.match(text, span.end))


@lexicon_cache(maxsize=1)
def _money_words() -> tuple[regex.Pattern[str], regex.Pattern[str], int]:
    """Patterns for a money word right before a number and right after it, and how many characters
    before a number must be searched."""
    lexicon = load_lexicon("amounts")
    sides = []
    for key in ("before", "after"):
        forms = sorted(map(str, lexicon[key]), key=len, reverse=True)
        sides.append("|".join(regex.escape(form) for form in forms))
    before = regex.compile(rf"(?<![\p{{L}}\p{{M}}])(?:{sides[0]})\.?\s?$", regex.IGNORECASE)
    after = regex.compile(rf"\s?(?:{sides[1]})(?![\p{{L}}])", regex.IGNORECASE)
    return before, after, max(len(str(form)) for form in lexicon["before"]) + 3


def read_count(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Parsed | Rejected:
    """How many, as digits; "నేనొక్కడినే", "akela" and the like are one."""
    if said.text.startswith("-"):
        return Rejected("too_small")
    spans = meant(list(find_numbers(said.text)))
    values = [span.value for span in spans if span.value == span.value.to_integral_value()]
    if not spans:
        tokens = words(said.text)
        found = (_count_words().alone.at(tokens, i) for i in range(len(tokens)))
        values = [Decimal(hit[1]) for hit in found if hit is not None]
    return bounded(slot_type, values)


def find_counts(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Iterator[Hit]:
    """Counts in a free message. Lone digits are possible; a number in words needs its noun."""
    spans = find_numbers(said.text)
    tokens = words(said.text) if spans else Words()
    for span in spans:
        confidence = _sureness(said.text, tokens, span)
        if confidence and bounded(slot_type, [span.value]) == Parsed(plain(span.value)):
            yield Hit(span.start, span.end, plain(span.value), confidence)


def _sureness(text: str, tokens: Words, span: NumberSpan) -> float:
    lists = _count_words()
    first, at = tokens.behind(span.start), tokens.behind(span.end)
    if first == at or span.value != span.value.to_integral_value():
        return 0.0
    if lists.people.at(tokens, at - 1):
        return 1.0
    for _ in range(_FAR + 1):
        if at >= len(tokens) or text[span.end : tokens[at].start].strip(" -"):
            break
        if lists.after.at(tokens, at):
            return 1.0
        if not lists.skip.at(tokens, at):
            break
        at += 1
        span = NumberSpan(span.start, tokens[at - 1].end, span.digits, span.quantity, span.words)
    if first and not span.weak:
        near = text[tokens[first - 1].end : span.start].strip(" -") == ""
        if any(near and side.ending(tokens, first - 1) for side in (lists.before, lists.after)):
            return 0.9
    if first and lists.last.ending(tokens, first - 1) and _ends_clause(text, span):
        return 0.9
    if span.words or span.quantity or not _stands_free(text, span):
        return 0.0
    return 0.0 if noun_after(tokens, span.end) else _BARE


def _ends_clause(text: str, span: NumberSpan) -> bool:
    return text[span.end : span.end + 1] in _CLAUSE_END


def _stands_free(text: str, span: NumberSpan) -> bool:
    """False for digits that are part of a code, a door number, a date or a time."""
    before, after = text[span.start - 1 : span.start], text[span.end : span.end + 1]
    sides = before if span.start else ""
    return not (sides + after).strip(" .,?!\"')(")


class _CountWords:
    """Words of `data/lexicon/cues.yml` around counts."""

    def __init__(self) -> None:
        counts = load_lexicon("cues")["counts"]
        self.after = Phrases((str(form), True) for form in counts["after"])
        self.skip = Phrases((str(form), True) for form in counts["skip"])
        self.before = Phrases((str(form), True) for form in counts["before"])
        self.last = Phrases((str(form), True) for form in counts["last"])
        self.people = Phrases((str(form), True) for form in counts["people"])
        self.alone = Phrases(
            (str(form), int(number)) for number, forms in counts["alone"].items() for form in forms
        )


@lexicon_cache(maxsize=1)
def _count_words() -> _CountWords:
    return _CountWords()


@dataclass(frozen=True)
class Unit:
    """Words of a unit and of its parts; see `data/lexicon/units.yml`."""

    after: Phrases[Decimal]
    before: Phrases[bool]
    until: Phrases[bool]


def read_measure(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Parsed | Rejected:
    """The number beside the unit, else the first number of the answer."""
    if said.text.startswith("-"):
        return Rejected("too_small")
    hits = [Decimal(hit.value) for hit in _measured(slot_type, said.text)]
    spans = meant(list(find_numbers(said.text)))
    return bounded(slot_type, hits or [span.value for span in spans])


def find_measures(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Iterator[Hit]:
    """Numbers with the word of the unit beside them, within the bounds of the type."""
    for hit in _measured(slot_type, said.text):
        if bounded(slot_type, [Decimal(hit.value)]) == Parsed(hit.value):
            yield hit


def _measured(slot_type: SlotType, text: str) -> Iterator[Hit]:
    unit = unit_words(slot_type.unit or "")
    spans = find_numbers(text)
    if not spans:
        return
    tokens = words(text)
    done = 0
    for i, span in enumerate(spans):
        if span.start < done:
            continue
        beside = _beside(unit, tokens, span)
        if beside is not None:
            share, end = beside
            value = span.value * share
            following = spans[i + 1] if i + 1 < len(spans) else None
            part = _beside(unit, tokens, following) if following else None
            if following and part and part[0] < share and _joined(tokens, span, following):
                value, end = value + following.value * part[0], part[1]  # 2 acres 30 cents
            done = end
            yield Hit(span.start, end, plain(value))
        elif _announced(unit, tokens, span) and not span.weak:
            yield Hit(span.start, span.end, plain(span.value), 0.9)


def _beside(unit: Unit, tokens: Words, span: NumberSpan) -> tuple[Decimal, int] | None:
    """The share of the unit that the words right after the number mean, and where these words end
    without a case ending. None for other words."""
    at = tokens.behind(span.end)
    found = unit.after.match(tokens, at)
    if found is None or unit.until.at(tokens, at + found[0]) or leads(tokens, at):
        return None
    used, kept, share = found
    return share, tokens[at + used - 1].start + kept


def _joined(tokens: Words, span: NumberSpan, following: NumberSpan) -> bool:
    """True when nothing but the unit, and perhaps "and", stands between the two numbers."""
    return 0 < tokens.behind(following.start) - tokens.behind(span.end) <= _BETWEEN


def _announced(unit: Unit, tokens: Words, span: NumberSpan) -> bool:
    """True beside a word such as "extent", unless the number has another unit."""
    at = tokens.behind(span.start)
    if at and tokens[at - 1].end > span.start:
        at -= 1
    following = tokens.behind(span.end)
    if unit.after.at(tokens, following) is None and noun_after(tokens, span.end) is not None:
        return False
    return any(unit.before.ending(tokens, at - 1 - gap) for gap in (0, 1) if at - 1 - gap >= 0)


@lexicon_cache(maxsize=32)
def unit_words(name: str) -> Unit:
    """The words of one unit. Raises KeyError for a unit that the file does not have."""
    row = load_lexicon("units")["units"][name]
    shares = {Decimal(1): row["after"]}
    shares.update({Decimal(str(k)): forms for k, forms in row.get("parts", {}).items()})
    return Unit(
        after=Phrases((str(f), share) for share, forms in shares.items() for f in forms),
        before=Phrases((str(form), True) for form in row["before"]),
        until=Phrases((str(form), True) for form in row["until"]),
    )


def show_amount(slot_type: SlotType, value: str, language: str, catalogue: Catalogue) -> str:
    """Rupees grouped the Indian way, as in departments' answers: the sentence has the sign."""
    return indian_grouping(Decimal(value))


def unknown_unit(slot_type: SlotType) -> tuple[str, str, str] | None:
    """A unit without words in `data/lexicon/units.yml`."""
    if not slot_type.unit or slot_type.unit in load_lexicon("units")["units"]:
        return None
    what = f"{slot_type.name} is measured in the unknown unit `{slot_type.unit}`"
    return "unit", what, "add it to data/lexicon/units.yml"


_LIMITS = ("min", "max")
register(
    Kind(
        name="amount",
        reads="rupees: `₹1,116`, `రెండు వేలు`, `dedh lakh`",
        read=read_amount,
        allows=_LIMITS,
        find=find_amounts,
        never=("shaped", "calendar", "papers"),
        show=show_amount,
        alone="₹{}",
    ),
    Kind(
        name="measure",
        reads="how much of a unit: `45 years`, `2 acres 30 cents`, `रकबा 2 एकड़`",
        read=read_measure,
        needs=("unit",),
        allows=_LIMITS,
        check=unknown_unit,
        find=find_measures,
        never=("shaped", "calendar", "papers"),
    ),
    Kind(
        name="count",
        reads="how many: `2`, `ఇద్దరు`, `char log`",
        read=read_count,
        allows=_LIMITS,
        find=find_counts,
        never=("shaped", "calendar", "papers"),
    ),
)
