"""The words that dates are said with, read from `data/lexicon/dates.yml`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from nlu.slots.words import Phrases, Words
from nlu.text.cache import kept
from nlu.text.endings import stems
from nlu.text.lexicon import lexicon_cache, load_lexicon


@dataclass(frozen=True, eq=False)
class DateWords:
    """The phrases of `data/lexicon/dates.yml`; its comments say what each list is for."""

    months: Phrases[int]
    ordinals: Phrases[int]
    weekdays: Phrases[int]
    short_weekdays: Phrases[int]
    relative: Phrases[tuple[int, ...]]
    past: Phrases[bool]
    until: Phrases[bool]
    next: Phrases[bool]
    this: Phrases[bool]
    last: Phrases[bool]
    month: Phrases[bool]
    mark_after: Phrases[bool]
    mark_before: Phrases[bool]
    joint: Phrases[bool]
    day_unit: Phrases[bool]
    day_unit_ahead: Phrases[bool]
    week_unit: Phrases[bool]
    ahead: Phrases[bool]
    ahead_before: Phrases[bool]
    ago: Phrases[bool]
    one: Phrases[bool]

    def beginnings(self, tokens: Words) -> frozenset[int]:
        """Indexes of the words, besides digits, that a date can begin with. Rules skip the rest."""
        lists = (
            *(self.months, self.ordinals, self.weekdays, self.short_weekdays, self.relative),
            *(self.next, self.this, self.last, self.mark_before, self.ahead_before),
            self.week_unit,
        )
        return _beginnings(tokens, lists)

    def following(self, tokens: Words) -> frozenset[int]:
        """Indexes of the words that may follow the first number of a date."""
        lists = (self.joint, self.months, self.mark_after, self.day_unit, self.week_unit)
        return _beginnings(tokens, lists)

    @cached_property
    def bare(self) -> Callable[[str], int]:
        """How many characters of its last word belong to a date. A case ending does not: సోమవారానికి."""
        lists = (self.relative, self.weekdays, self.months, self.mark_after, self.month)

        def cut(word: str) -> int:
            for stem in sorted(stems(word), key=lambda stem: stem.kept):
                if any(phrases.get([stem.text]) is not None for phrases in lists):
                    return stem.kept
            return len(word)

        return kept(8192)(cut)


def _beginnings(tokens: Words, lists: Iterable[Phrases[Any]]) -> frozenset[int]:
    return frozenset(at for phrases in lists for at in phrases.places(tokens))


@lexicon_cache(maxsize=1)
def date_words() -> DateWords:
    """The word lists, read once."""
    lexicon = load_lexicon("dates")
    marks, days = lexicon["day_marks"], lexicon["days"]
    return DateWords(
        months=_keyed(lexicon["months"]),
        ordinals=_keyed(lexicon["ordinals"]),
        weekdays=_keyed(lexicon["weekdays"]),
        short_weekdays=_keyed(lexicon["short_weekdays"]),
        relative=Phrases(
            (str(form), tuple(int(part) for part in str(offsets).split()))
            for offsets, forms in lexicon["relative"].items()
            for form in forms
        ),
        past=_flag(lexicon["past"]),
        until=_flag(lexicon["until"]),
        next=_flag(lexicon["next"]),
        this=_flag(lexicon["this"]),
        last=_flag(lexicon["last"]),
        month=_flag(lexicon["month"]),
        mark_after=_flag(marks["after"]),
        mark_before=_flag(marks["before"]),
        joint=_flag(marks["joint"]),
        day_unit=_flag(days["unit"]),
        day_unit_ahead=_flag(days["ahead_in_unit"]),
        week_unit=_flag(days["week"]),
        ahead=_flag(days["ahead"]),
        ahead_before=_flag(days["ahead_before"]),
        ago=_flag(days["ago"]),
        one=_flag(days["one"]),
    )


def _keyed(table: dict[Any, list[Any]]) -> Phrases[int]:
    return Phrases((str(form), int(key)) for key, forms in table.items() for form in forms)


def _flag(forms: list[Any]) -> Phrases[bool]:
    return Phrases((str(form), True) for form in forms)
