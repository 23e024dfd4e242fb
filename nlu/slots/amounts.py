"""Amounts of money, in digits and in words."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import regex

from nlu.catalogue import SlotType
from nlu.slots.nouns import noun_after
from nlu.slots.result import Hit, Parsed, Rejected
from nlu.slots.words import Phrases, Words, words
from nlu.text import Normalised, NumberSpan, find_numbers
from nlu.text.lexicon import lexicon_cache, load_lexicon

_GLUED = regex.compile(r"[\p{L}\p{M}]")


def parse_amount(slot_type: SlotType, text: Normalised) -> Parsed | Rejected:
    """Rupees of the answer, as digits: the number beside a money word, else the first one."""
    if text.text.startswith("-"):
        return Rejected("too_small")
    spans = meant(list(find_numbers(text.text)))
    spans.sort(key=lambda span: not _money(text.text, span))
    return bounded(slot_type, [span.value for span in spans])


def find_amounts(slot_type: SlotType, text: Normalised) -> Iterator[Hit]:
    """Amounts in a free message: sure beside a money word, likely for a quantity, else possible."""
    lexicon = load_lexicon("amounts")
    spans = find_numbers(text.text)
    tokens = words(text.text) if spans else Words()
    for span in spans:
        money = _money(text.text, span)
        if money and _price(text.text, tokens, span):
            continue
        if not money and (_of_something(tokens, span) or not _plausible(text.text, span, lexicon)):
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


def plain(value: Decimal) -> str:
    """Digits without exponent or needless zeros: 845, 845.5."""
    whole = value.to_integral_value()
    return str(int(whole)) if value == whole else format(value.normalize(), "f")


def meant(spans: list[NumberSpan]) -> list[NumberSpan]:
    """Everyday words (do, ek, oka) are numbers of an answer only when nothing else is."""
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
    """True for a number of people, pages, small numbers of years; incomes are said "a year"."""
    noun = noun_after(tokens, span.end)
    if noun in ("unit", "days"):
        return span.value < int(load_lexicon("amounts")["counted_below"])
    return noun is not None


def _price(text: str, tokens: Words, span: NumberSpan) -> bool:
    """True for the price of a thing: "5 rupee canteen"."""
    if span.value >= int(load_lexicon("amounts")["priced_below"]):
        return False
    money = _patterns()[1].match(text, span.end)
    at = tokens.behind(money.end()) if money else len(tokens)
    return _priced().at(tokens[at : at + 1], 0) is not None


@lexicon_cache(maxsize=1)
def _priced() -> Phrases[bool]:
    return Phrases((str(form), True) for form in load_lexicon("amounts")["priced"])


def _money(text: str, span: NumberSpan) -> bool:
    before, after, longest = _patterns()
    near = text[max(0, span.start - longest) : span.start]
    return bool(before.search(near)) or bool(after.match(text, span.end))


@lexicon_cache(maxsize=1)
def _patterns() -> tuple[regex.Pattern[str], regex.Pattern[str], int]:
    """A money word that ends right before the number, one that begins right after it, and the
    characters that the first can have, with what stands before it."""
    lexicon = load_lexicon("amounts")
    sides = []
    for key in ("before", "after"):
        forms = sorted(map(str, lexicon[key]), key=len, reverse=True)
        sides.append("|".join(regex.escape(form) for form in forms))
    before = regex.compile(rf"(?<![\p{{L}}\p{{M}}])(?:{sides[0]})\.?\s?$", regex.IGNORECASE)
    after = regex.compile(rf"\s?(?:{sides[1]})(?![\p{{L}}])", regex.IGNORECASE)
    return before, after, max(len(str(form)) for form in lexicon["before"]) + 3
