"""Short messages and words that steer the dialogue: known as written, and by their sound."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from actions.dialogue.settings import DialogueSettings
from nlu.slots.words import Phrases, words
from nlu.text import find_numbers, normalise

_SHORT = 3  # words of a message that says which one of a list


@dataclass(frozen=True)
class Spotted:
    """A cue at `start:end` of the normalised text."""

    meaning: str
    start: int
    end: int


def clean(text: str) -> str:
    """The text as cues are looked for in it."""
    return normalise(text).text.lower()


def command(text: str, settings: DialogueSettings) -> str | None:
    """What a message asks of the form (back, repeat, skip, ...), if it says nothing else."""
    return _whole(text, settings, _commands(settings))


def is_command(text: str, settings: DialogueSettings, meanings: tuple[str, ...]) -> bool:
    """Whether a message says nothing but one of these, whatever else the words can mean."""
    return any(_whole(text, settings, lookup(settings, one)) is not None for one in meanings)


def lookup(settings: DialogueSettings, meaning: str) -> Phrases[str]:
    """The words of one meaning."""
    return _one(meaning, settings.words[meaning])


def says(text: str, settings: DialogueSettings, meaning: str) -> bool:
    """Whether a word or a sign of a meaning stands anywhere in a message."""
    signs = (one for one in settings.words[meaning] if not words(one))  # an emoji
    return bool(spot(clean(text), lookup(settings, meaning))) or any(one in text for one in signs)


def _whole(text: str, settings: DialogueSettings, known: Phrases[str]) -> str | None:
    tokens = words(clean(text))
    polite = _one("polite", settings.polite)
    rest = (token for token in tokens if polite.get([token.text]) is None)
    for tried in (tokens, list(islice(rest, known.longest + 1))):  # more is no command anyway
        meaning = known.get([token.text for token in tried]) if tried else None
        if meaning is not None:
            return meaning
    return None


def position(text: str, settings: DialogueSettings) -> int | None:
    """Which one of a list a short message means, from 1: "2", "number two", "the second"."""
    tokens = words(clean(text))
    ordinal = _ordinals(settings.ordinals).get([token.text for token in tokens])
    if ordinal is not None:
        return int(ordinal)
    numbers = find_numbers(clean(text))
    if len(numbers) == 1 and len(tokens) <= _SHORT and numbers[0].digits.isdecimal():
        return int(numbers[0].digits)
    return None


def money_taken(text: str, settings: DialogueSettings) -> bool:
    """Whether a message says that money was taken."""
    said, words_of = clean(text), settings.money_taken
    return all(
        spot(said, _one(name, some))
        for name, some in (("what", words_of.what), ("taken", words_of.taken))
    )


def spot(text: str, phrases: Phrases[str]) -> list[Spotted]:
    """Cues in a cleaned text, left to right, the longest at each place; no endings are cut."""
    tokens = words(text)
    found: list[Spotted] = []
    at = 0
    while at < len(tokens):
        said = phrases.said(tokens, at)
        if said is None:
            at += 1
            continue
        used, meaning = said
        found.append(Spotted(meaning, tokens[at].start, tokens[at + used - 1].end))
        at += used
    return found


def meanings(text: str, groups: Mapping[str, tuple[str, ...]]) -> set[str] | None:
    """What the words of a message mean by `groups`, where all of them are known; None where one is
    not, or there is none."""
    tokens, phrases = words(clean(text)), _all(tuple(groups.items()))
    found, at = set(), 0
    while at < len(tokens):
        said = phrases.said(tokens, at)
        if said is None:
            return None
        used, meaning = said
        found.add(meaning)
        at += used
    return found or None


def said(text: str, some: Mapping[str, tuple[str, ...]]) -> set[str]:
    """What is meant by the words of a text, of meanings with their words."""
    return {cue.meaning for cue in spot(clean(text), _all(tuple(some.items())))}


def phrases_of(pairs: Iterable[tuple[str, Iterable[str]]]) -> Phrases[str]:
    """A lookup of (meaning, its words); the first of equal words wins."""
    return Phrases((word, meaning) for meaning, some in pairs for word in some)


def _commands(settings: DialogueSettings) -> Phrases[str]:
    return _all(tuple(settings.words.items()))


@lru_cache(maxsize=16)
def _all(pairs: tuple[tuple[str, tuple[str, ...]], ...]) -> Phrases[str]:
    return phrases_of(pairs)


@lru_cache(maxsize=4)
def _ordinals(lists: tuple[tuple[str, ...], ...]) -> Phrases[str]:
    return phrases_of((str(number), some) for number, some in enumerate(lists, 1))


@lru_cache(maxsize=32)
def _one(meaning: str, some: tuple[str, ...]) -> Phrases[str]:
    return phrases_of([(meaning, some)])
