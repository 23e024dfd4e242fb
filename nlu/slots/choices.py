"""Answers to closed questions, by the words that mean them in any script."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from nlu.catalogue import Choice, SlotType
from nlu.slots.result import Hit, Parsed, Rejected
from nlu.slots.words import Phrases, words, words_between
from nlu.text import Normalised, fold
from nlu.text.lexicon import lexicon_cache, load_lexicon

_NEAR = 24  # characters looked at on each side of a choice
_LEADING = 2  # words before it: "for her"
_PURPOSE = 0.95
_BUILT: dict[str, tuple[SlotType, tuple[Phrases[Choice], Phrases[Choice]]]] = {}


def parse_choice(slot_type: SlotType, text: Normalised) -> Parsed | Rejected:
    """The choice named in the answer: the longest form in it, else the most alike one."""
    found = list(_forms(_phrases(slot_type)[0], text))
    if found:
        _, choice = max(found, key=lambda pair: pair[0].end - pair[0].start)
        return Parsed(choice.value, choice.title)
    alike = _alike(slot_type, text.text)
    return Parsed(alike.value, alike.title) if alike else Rejected("unknown_choice")


def find_choices(slot_type: SlotType, text: Normalised) -> Iterator[Hit]:
    """Choices named in a free message, by their listed forms only; surer beside "for".

    Of forms side by side the last one counts, which all three languages make the head of a
    compound: an "education loan" is a loan.
    """
    hits = [hit for hit, _ in _forms(_phrases(slot_type)[1], text)]
    for hit, following in itertools.zip_longest(hits, hits[1:]):
        if following is None or text.text[hit.end : following.start].strip(" -"):
            purpose = _is_purpose(text.text, hit)
            yield replace(hit, confidence=_PURPOSE) if purpose else hit


def _is_purpose(text: str, hit: Hit) -> bool:
    """True when the choice is said with "for": కోసం, के लिए, ke liye."""
    after, before = _around()
    following = words_between(text, hit.end, hit.end + _NEAR)
    leading = words_between(text, hit.start - _NEAR, hit.start)[-_LEADING:]
    return after.at(following, 0) is not None or any(
        before.at(leading, i) for i in range(len(leading))
    )


@lexicon_cache(maxsize=1)
def _around() -> tuple[Phrases[bool], Phrases[bool]]:
    lexicon = load_lexicon("cues")["purpose"]
    after, before = (Phrases((str(f), True) for f in lexicon[key]) for key in ("after", "before"))
    return after, before


def _forms(phrases: Phrases[Choice], text: Normalised) -> Iterator[tuple[Hit, Choice]]:
    tokens = words(text.text)
    at = 0
    while at < len(tokens):
        found = phrases.match(tokens, at)
        if found is None:
            at += 1
            continue
        used, kept, choice = found
        last = tokens[at + used - 1]
        yield Hit(tokens[at].start, last.start + kept, choice.value, 0.9), choice
        at += used


def _phrases(slot_type: SlotType) -> tuple[Phrases[Choice], Phrases[Choice]]:
    """Lookup for answers (with values and titles, as buttons send them) and for messages."""
    known = _BUILT.get(slot_type.name)
    if known is None or known[0] is not slot_type:
        forms = ((form, choice) for choice in slot_type.choices for form in choice.forms)
        known = (slot_type, (Phrases(_named(slot_type)), Phrases(forms)))
        _BUILT[slot_type.name] = known
    return known[1]


def _named(slot_type: SlotType) -> list[tuple[str, Choice]]:
    return [
        (form, choice)
        for choice in slot_type.choices
        for form in (choice.value, *choice.title.values(), *choice.forms)
    ]


def _alike(slot_type: SlotType, text: str) -> Choice | None:
    from rapidfuzz import fuzz, process

    threshold = float(load_lexicon("matching")["thresholds"]["choice"])
    forms = {fold(form): choice for form, choice in _named(slot_type)}
    heard = dict.fromkeys([fold(text), *(token.sound for token in words(text))])
    best = [
        process.extractOne(sound, list(forms), scorer=fuzz.ratio, score_cutoff=threshold)
        for sound in heard
        if len(sound) >= int(load_lexicon("matching")["min_letters"])
    ]
    found = max((hit for hit in best if hit), key=lambda hit: hit[1], default=None)
    return forms[found[0]] if found else None
