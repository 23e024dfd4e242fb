"""What a number is a number of, by the noun right after it: people, money, years, days, hours."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from nlu.slots.words import Phrases, Word, Words
from nlu.text.lexicon import lexicon_cache, load_lexicon

Noun = Literal["people", "money", "unit", "days", "hours", "other"]


def noun_after(tokens: Words, end: int) -> Noun | None:
    """The noun that begins the rest of the text behind the character `end`."""
    at = tokens.behind(end)
    found = _nouns().at(tokens, at)
    return found[1] if found and not leads(tokens, at) else None


def is_quantity(tokens: Words, end: int, value: str) -> bool:
    """True for digits that end at `end` and tell how much or how many: "2 acres", "500 rupees"."""
    noun, limits = noun_after(tokens, end), load_lexicon("amounts")
    if not value.isdigit() or noun in (None, "other"):
        return False  # papers are named by their number: "document no 4521 copies"
    if noun == "money":
        return len(value) <= int(limits["longest_bare"])
    return int(value) < int(limits["counted_below"])


def leads(tokens: Sequence[Word], at: int) -> bool:
    """True for a unit that is written before its number: the last of "survey no 123 ac 2.50"."""
    found = _leading().at(tokens, at)
    if found is None:
        return False
    used, parts = found
    number = tokens[at + used : at + used + parts]
    together = number[-1].end - number[0].start if number else 0
    digits = sum(len(token.text) for token in number if token.text.isdigit())
    return len(number) == parts and together == digits + parts - 1


@lexicon_cache(maxsize=1)
def _leading() -> Phrases[int]:
    """Words before a number, and its parts: "rs 500" has one, "ac 2.50" two ("2 ac 30" is 2 ac)."""
    units = load_lexicon("units")["units"].values()
    money = [(str(form), 1) for form in load_lexicon("amounts")["before"]]
    return Phrases([*money, *((str(form), 2) for row in units for form in row["before"])])


@lexicon_cache(maxsize=1)
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
    days = dates["days"]
    for form in (*days["unit"], *days["week"], *days["months"], *dates["month"]):
        yield str(form), "days"
    for form in (*times["clock"], *times["hours"], *times["minutes"]):
        yield str(form), "hours"
    for row in load_lexicon("units")["units"].values():
        parts = row.get("parts", {}).values()
        for form in (*row["after"], *(form for forms in parts for form in forms)):
            yield str(form), "unit"
    for form in counts["things"]:
        yield str(form), "other"
