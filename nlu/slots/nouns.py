"""What a number is a number of, by the noun right after it: people, money, years, days, hours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Literal

from nlu.slots.words import Phrases, Word
from nlu.text.lexicon import load_lexicon

Noun = Literal["people", "money", "unit", "days", "hours", "other"]


def noun_after(tokens: Sequence[Word], end: int) -> Noun | None:
    """The noun that begins the rest of the text behind the character `end`."""
    at = next((i for i, token in enumerate(tokens) if token.start >= end), len(tokens))
    found = _nouns().at(tokens, at)
    return found[1] if found else None


@lru_cache(maxsize=1)
def _nouns() -> Phrases[Noun]:
    return Phrases(_rows())


def _rows() -> Iterator[tuple[str, Noun]]:
    counts, dates, times = (load_lexicon(name) for name in ("cues", "dates", "times"))
    for form in load_lexicon("amounts")["after"]:
        if any(character.isalpha() for character in str(form)):
            yield str(form), "money"
    for key in ("after", "people"):
        for form in counts["counts"][key]:
            yield str(form), "people"
    for form in (*dates["days"]["unit"], *dates["days"]["week"], *dates["month"]):
        yield str(form), "days"
    for form in (*times["clock"], *times["hours"], *times["minutes"]):
        yield str(form), "hours"
    for row in load_lexicon("units")["units"].values():
        parts = row.get("parts", {}).values()
        for form in (*row["after"], *(form for forms in parts for form in forms)):
            yield str(form), "unit"
    for form in counts["things"]:
        yield str(form), "other"
