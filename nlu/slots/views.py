"""One message as its readers need it, each view made at most once."""

from __future__ import annotations

from datetime import date
from functools import cached_property

from nlu.slots.date_rules import DateRules
from nlu.slots.papers import find_papers
from nlu.slots.spans import Spans
from nlu.slots.spelled import spelled_letters
from nlu.slots.times import find_times
from nlu.text import Normalised, find_numbers, normalise, spoken_to_digits
from nlu.text.lexicon import lexicon_cache


class MessageViews:
    """The cleaned text, its numbers as digits, and which characters are dates, times and papers."""

    def __init__(self, text: str, today: date) -> None:
        self.clean: Normalised = normalise(text)
        self.today = today

    @cached_property
    def digits(self) -> Normalised:
        """Number words as digits."""
        return spoken_to_digits(self.clean)

    @cached_property
    def codes(self) -> Normalised:
        """Number words as digits and letter names as capitals."""
        return spelled_letters(self.digits)

    @cached_property
    def calendar(self) -> Spans:
        """Raw places of dates and times: their numbers are no quantities and no codes."""
        text = self.clean.text
        if not find_numbers(text):
            return Spans(())
        hits = [*DateRules(text, None, self.today, answer=False).hits(), *find_times(text)]
        return Spans(self.clean.raw_span(hit.start, hit.end) for hit in hits)

    @cached_property
    def papers(self) -> Spans:
        """Raw places of papers that are named by a number: it is none of the citizen's."""
        return Spans(self.clean.raw_span(*span) for span in find_papers(self.clean.text))


@lexicon_cache(maxsize=2)
def message_views(text: str, today: date) -> MessageViews:
    """The views of a message, kept while one part of us after the other reads it."""
    return MessageViews(text, today)
