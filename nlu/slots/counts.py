"""How many people or seats: in an answer any number, in a message one beside its noun."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from nlu.catalogue import SlotType
from nlu.slots.amounts import bounded, meant, plain
from nlu.slots.nouns import noun_after
from nlu.slots.result import Hit, Parsed, Rejected
from nlu.slots.words import Phrases, Words, words
from nlu.text import Normalised, NumberSpan, find_numbers
from nlu.text.lexicon import lexicon_cache, load_lexicon

_FAR = 2  # words such as "bus" that may stand between the number and "tickets"
_BARE = 0.5
_CLAUSE_END = ("", ",", ".", ";", "!", "?")


def parse_count(slot_type: SlotType, text: Normalised) -> Parsed | Rejected:
    """How many, as digits; "నేనొక్కడినే", "akela" and the like are one."""
    if text.text.startswith("-"):
        return Rejected("too_small")
    spans = meant(list(find_numbers(text.text)))
    values = [span.value for span in spans if span.value == span.value.to_integral_value()]
    if not spans:
        tokens = words(text.text)
        found = (_lists().alone.at(tokens, i) for i in range(len(tokens)))
        values = [Decimal(hit[1]) for hit in found if hit is not None]
    return bounded(slot_type, values)


def find_counts(slot_type: SlotType, text: Normalised) -> Iterator[Hit]:
    """Counts in a free message; a lone digit is possible, a word needs its noun."""
    spans = find_numbers(text.text)
    tokens = words(text.text) if spans else Words()
    for span in spans:
        confidence = _confidence(text.text, tokens, span)
        if confidence and bounded(slot_type, [span.value]) == Parsed(plain(span.value)):
            yield Hit(span.start, span.end, plain(span.value), confidence)


def _confidence(text: str, tokens: Words, span: NumberSpan) -> float:
    lists = _lists()
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
    if span.words or span.quantity or not _free(text, span):
        return 0.0
    return 0.0 if noun_after(tokens, span.end) else _BARE


def _ends_clause(text: str, span: NumberSpan) -> bool:
    return text[span.end : span.end + 1] in _CLAUSE_END


def _free(text: str, span: NumberSpan) -> bool:
    """False for digits inside a code, a door number, a date or a time."""
    before, after = text[span.start - 1 : span.start], text[span.end : span.end + 1]
    sides = before if span.start else ""
    return not (sides + after).strip(" .,?!\"')(")


class _Lists:
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
def _lists() -> _Lists:
    return _Lists()
