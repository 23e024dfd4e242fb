"""Answers to closed questions (`choice`), by the words that mean them in any script."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace

from nlu.catalogue import Catalogue, Choice, SlotType
from nlu.slots.kind import Hit, Kind, Parsed, Rejected, Said, register
from nlu.slots.words import Phrases, words, words_between
from nlu.text import fold
from nlu.text.lexicon import lexicon_cache, load_lexicon

_NEAR = 24  # characters looked at on each side of a choice
_LEADING = 2  # words before it: "for her"
_PURPOSE = 0.95
_BUILT: dict[str, tuple[SlotType, tuple[Phrases[Choice], Phrases[Choice]]]] = {}


def read_choice(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Parsed | Rejected:
    """The choice that the answer names: the longest form in it, else the one most like it."""
    found = list(_forms(_phrases(slot_type)[0], said.text))
    if found:
        _, choice = max(found, key=lambda pair: pair[0].end - pair[0].start)
        return Parsed(choice.value, choice.title)
    alike = _alike(slot_type, said.text)
    return Parsed(alike.value, alike.title) if alike else Rejected("unknown_choice")


def find_choices(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Iterator[Hit]:
    """Choices in a free message, by their listed forms only. Beside "for" a choice is surer.

    Where forms stand side by side, the last one counts, because in all three languages it is the
    head of a compound: an "education loan" is a loan.
    """
    hits = [hit for hit, _ in _forms(_phrases(slot_type)[1], said.text)]
    for hit, following in itertools.zip_longest(hits, hits[1:]):
        if following is None or said.text[hit.end : following.start].strip(" -"):
            purpose = _is_purpose(said.text, hit)
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


def _forms(phrases: Phrases[Choice], text: str) -> Iterator[tuple[Hit, Choice]]:
    tokens = words(text)
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
    """The phrases of answers (with values and titles, as buttons send them) and of messages."""
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


def show_choice(slot_type: SlotType, value: str, language: str, catalogue: Catalogue) -> str:
    """The title of the choice. A value that is no longer in the list is shown as it is."""
    titles = (choice.title[language] for choice in slot_type.choices if choice.value == value)
    return next(titles, value)


register(
    Kind(
        name="choice",
        reads="one of a few; shown as buttons or a list",
        read=read_choice,
        needs=("choices",),
        find=find_choices,
        show=show_choice,
        listed=lambda slot_type, language, key, catalogue: [
            choice.title[language] for choice in slot_type.choices
        ],
    )
)
