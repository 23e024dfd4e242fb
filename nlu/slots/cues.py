"""Words that announce a number ("khata no 245"), from `data/lexicon/cues.yml`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache

import regex

from nlu.catalogue import SlotType
from nlu.slots.nouns import noun_after
from nlu.slots.words import Phrases, Word, words
from nlu.text import Normalised
from nlu.text.lexicon import load_lexicon

_ANY = r"\d+"
_LETTERS = regex.compile(r"[\p{L}\p{M}]")
_SHORT = 6  # a type that accepts fewer digits than this needs its cue in a free message


@cache
def is_short(pattern: str | None) -> bool:
    """True when a number of this pattern may be too short to be recognised without a cue."""
    fits = regex.compile(rf"^(?:{pattern or _ANY})$", regex.MULTILINE)
    return fits.search(_short_numbers()) is not None


@lru_cache(maxsize=1)
def _short_numbers() -> str:
    """All short numbers, one a line: which of them a pattern accepts cannot be told from a few."""
    sizes = range(1, _SHORT)
    return "\n".join(f"{number:0{size}}" for size in sizes for number in range(10**size))


def needs_cue(slot_type: SlotType) -> bool:
    """True for short numbers, and for types whose numbers look like those of many others."""
    return slot_type.name in load_lexicon("cues")["only"] or is_short(slot_type.pattern)


def is_small_word(view: Normalised, start: int, end: int) -> bool:
    """True for "rendu" and the like: beside a cue it is more often "both" than a number."""
    first, last = view.raw_span(start, end)
    return end - start == 1 and _LETTERS.search(view.raw, first, last) is not None


def announced(slot_type: str, view: Normalised, start: int, end: int) -> bool:
    """True when a cue of the type stands shortly before `start` or right after `end`.

    A cue announces one number: in "survey no 123 khata no 245" each word the one behind it.
    """
    cues, window = _cues(slot_type)
    if cues is None:
        return False
    left = max(0, start - window)
    around = words(view.text[left : end + 2 * window])  # farther than looked, for nouns of numbers
    tokens = [Word(word.text, word.start + left, word.end + left) for word in around]
    found = [cues.at(tokens, at) for at in range(len(tokens))]
    numbers = [at for at, cue in enumerate(found) if cue is None and _is_number(view, tokens, at)]
    last = max((at for at in numbers if tokens[at].start < start), default=-1)
    following = min((at for at in numbers if tokens[at].start >= end), default=len(tokens))
    for at in range(last + 1, following):
        cue = found[at]
        if cue is not None and tokens[at + cue[0] - 1].end <= start:
            return True
        if cue is not None and end <= tokens[at].start:
            far = following == len(tokens) or tokens[following].start >= end + window
            return far and tokens[at].end <= end + window // 2
    return False


def _is_number(view: Normalised, tokens: Sequence[Word], at: int) -> bool:
    """True for digits that may have a cue of their own, unlike those of "2 acres"."""
    token = tokens[at]
    if not token.text.isdigit() or is_small_word(view, token.start, token.end):
        return False
    return noun_after(tokens, token.end) is None


@cache
def _cues(slot_type: str) -> tuple[Phrases[bool] | None, int]:
    lexicon = load_lexicon("cues")
    forms = lexicon["types"].get(slot_type)
    phrases = Phrases([(str(form), True) for form in forms]) if forms else None
    return phrases, int(lexicon["window"])
