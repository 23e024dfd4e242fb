"""Words that announce a number ("khata no 245"), from `data/lexicon/cues.yml`."""

from __future__ import annotations

from functools import lru_cache

import regex

from nlu.catalogue import SlotType
from nlu.slots.words import Phrases, words
from nlu.text.lexicon import load_lexicon

_SHORT = 6  # a type that accepts fewer digits than this needs its cue in a free message


@lru_cache(maxsize=64)
def is_short(pattern: str | None) -> bool:
    """True when numbers of this pattern are too short to be recognised without a cue."""
    compiled = regex.compile(pattern or r"\d+")
    return any(compiled.fullmatch("2" * n) for n in range(1, _SHORT))


def needs_cue(slot_type: SlotType) -> bool:
    """True for short numbers, and for types whose numbers look like those of many others."""
    return slot_type.name in load_lexicon("cues")["only"] or is_short(slot_type.pattern)


def announced(slot_type: str, text: str, start: int, end: int) -> bool:
    """True when a cue of the type stands shortly before `start` or right after `end`."""
    cues, window = _cues(slot_type)
    if cues is None:
        return False
    for near in (text[max(0, start - window) : start], text[end : end + window // 2]):
        tokens = words(near)
        if any(cues.at(tokens, i) for i in range(len(tokens))):
            return True
    return False


@lru_cache(maxsize=64)
def _cues(slot_type: str) -> tuple[Phrases[bool] | None, int]:
    lexicon = load_lexicon("cues")
    forms = lexicon["types"].get(slot_type)
    phrases = Phrases([(str(form), True) for form in forms]) if forms else None
    return phrases, int(lexicon["window"])
