"""How much of a unit: ages in years, land in acres and cents, load in kilowatts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from nlu.catalogue import SlotType
from nlu.slots.amounts import bounded, meant
from nlu.slots.nouns import leads, noun_after
from nlu.slots.result import Hit, Parsed, Rejected
from nlu.slots.words import Phrases, Words, words
from nlu.text import Normalised, NumberSpan, find_numbers
from nlu.text.lexicon import lexicon_cache, load_lexicon

_BETWEEN = 2  # words: "acres and"


@dataclass(frozen=True)
class Unit:
    """Words of a unit and of its parts; see `data/lexicon/units.yml`."""

    after: Phrases[Decimal]
    before: Phrases[bool]
    until: Phrases[bool]


def parse_measure(slot_type: SlotType, text: Normalised) -> Parsed | Rejected:
    """The number beside the unit, else the first number of the answer."""
    if text.text.startswith("-"):
        return Rejected("too_small")
    hits = [Decimal(hit.value) for hit in _measured(slot_type, text.text)]
    spans = meant(list(find_numbers(text.text)))
    return bounded(slot_type, hits or [span.value for span in spans])


def find_measures(slot_type: SlotType, text: Normalised) -> Iterator[Hit]:
    """Numbers with the word of the unit beside them, within the bounds of the type."""
    for hit in _measured(slot_type, text.text):
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
            yield Hit(span.start, end, _plain(value))
        elif _announced(unit, tokens, span) and not span.weak:
            yield Hit(span.start, span.end, _plain(span.value), 0.9)


def _beside(unit: Unit, tokens: Words, span: NumberSpan) -> tuple[Decimal, int] | None:
    """Share of the unit that the words right after the number mean, and where they end without
    a case ending; None for other words."""
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
    """True beside a word such as "extent", unless the number is one of another unit."""
    at = tokens.behind(span.start)
    if at and tokens[at - 1].end > span.start:
        at -= 1
    following = tokens.behind(span.end)
    if unit.after.at(tokens, following) is None and noun_after(tokens, span.end) is not None:
        return False
    return any(unit.before.ending(tokens, at - 1 - gap) for gap in (0, 1) if at - 1 - gap >= 0)


def _plain(value: Decimal) -> str:
    whole = value.to_integral_value()
    return str(int(whole)) if value == whole else format(value.normalize(), "f")


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
