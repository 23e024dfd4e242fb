"""Times of day (`time`): 6:30 am, ఉదయం 6 గంటలకు, साढ़े पाँच बजे, half past five."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import regex

from nlu.catalogue import Catalogue, SlotType
from nlu.slots.context import noun_after
from nlu.slots.kind import Hit, Kind, Parsed, Rejected, Said, register
from nlu.slots.words import Phrases, Words, words, words_between
from nlu.text import NumberSpan, find_numbers
from nlu.text.endings import stems
from nlu.text.lexicon import lexicon_cache, load_lexicon

_CLOCK = regex.compile(r"(?P<h>[01]?\d|2[0-4])(?P<sep>[:.])(?P<m>[0-5]\d)(?![\d:./-])")
_DICTATED = regex.compile(r"(?P<h>1[0-2]|[1-9])(?P<m>[0-5]\d)")  # "five thirty"
_HALF_DAY, _DAY, _HOUR = 12, 24, 60
_NEAR = 24  # characters looked at behind a time


def read_time(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Parsed | Rejected:
    """The first time of the answer as HH:MM on the 24 hour clock."""
    hit = next(_Times(said.text, answer=True).hits(), None)
    return Parsed(hit.value) if hit else Rejected("format")


def find_times(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Iterable[Hit]:
    """Times of day in a free message; a bare number is none."""
    return times(said.text)


@lexicon_cache(maxsize=8)  # finders of other kinds also need to know where times are
def times(text: str) -> tuple[Hit, ...]:
    """Times of day in a normalised message; a bare number is none."""
    return tuple(_Times(text, answer=False).hits())


@dataclass(frozen=True)
class _Part:
    """A part of the day: its hours, and the hour that it means when no other is said."""

    first: int
    last: int
    hour: int


@dataclass(frozen=True)
class _Lists:
    parts: Phrases[_Part]
    marks: Phrases[_Part]
    clock: Phrases[bool]
    hours: Phrases[bool]
    minutes: Phrases[bool]
    joint: Phrases[bool]
    before: Phrases[int]
    unsaid: _Part


class _Times:
    """Reads the times of one text from left to right."""

    def __init__(self, text: str, *, answer: bool) -> None:
        self.text, self.answer = text, answer
        self.tokens: Words = words(text)
        self.lists = _lists()
        self.numbers = {span.start: span for span in find_numbers(text)}
        leads = (self.lists.parts, self.lists.before)
        self.begun = frozenset(at for phrases in leads for at in phrases.places(self.tokens))

    def hits(self) -> Iterator[Hit]:
        """Times from left to right, none inside another."""
        at = 0
        while at < len(self.tokens):
            read = self._from(at)
            if read is None:
                at += 1
                continue
            used, end, value = read
            yield Hit(self.tokens[at].start, end, value)
            at = used

    def _from(self, at: int) -> tuple[int, int, str] | None:
        """(next word, end, HH:MM) of a time that begins at the word `at`."""
        token = self.tokens[at]
        if at not in self.begun and token.start not in self.numbers and not token.text.isdigit():
            return None
        lead = self.lists.parts.match(self.tokens, at)
        part = lead[2] if lead else None
        start = self._joint(at + lead[0]) if lead else at
        read = self._clock(start, led=lead is not None)
        if read is None:
            if lead is None or not self.answer:
                return None
            return at + lead[0], self._end(at, lead[0], lead[1]), f"{lead[2].hour:02}:00"
        after, end, minutes, sure = read
        if not sure and noun_after(self.tokens, end) in ("people", "money", "days", "other"):
            return None  # "subah do seat" is two seats in the morning
        for phrases, certain in ((self.lists.clock, True), (self.lists.hours, self.answer)):
            word = phrases.match(self.tokens, after)
            if word is not None:
                end, after = self._hour_end(after, word[0], word[1]), after + word[0]
                sure = sure or certain
                after, end, minutes = self._minutes(after, end, minutes)
                break
        if part is None:
            part, after, end = self._part_after(after, end)
        if part is None and not sure and not self.answer:
            return None
        hour, minute = divmod(minutes, _HOUR)
        if not 0 <= hour <= _DAY:
            return None
        return after, end, f"{_on_the_day(hour, part or self.lists.unsaid):02}:{minute:02}"

    def _clock(self, at: int, *, led: bool) -> tuple[int, int, int, bool] | None:
        """(next word, end, minutes, whether no more is needed) of an hour that begins here."""
        lead = self.lists.before.at(self.tokens, at)
        first = at + lead[0] if lead else at
        if first >= len(self.tokens):
            return None
        added = lead[1] if lead else 0
        match = _CLOCK.match(self.text, self.tokens[first].start)
        if match and (match["sep"] == ":" or led or self._marked(match.end())):
            after = max(first, self.tokens.behind(match.end()))
            return after, match.end(), int(match["h"]) * _HOUR + int(match["m"]), True
        span = self.numbers.get(self.tokens[first].start)
        minutes = _minutes_of(span) if span else None
        if (
            span is None
            or minutes is None
            or ":" in self.text[max(0, span.start - 1) : span.end + 1]
        ):
            return None
        after = max(first, self.tokens.behind(span.end))
        return after, span.end, minutes + added, lead is not None

    def _marked(self, end: int) -> bool:
        """Whether a word such as am, pm or baje follows. Without it 6.30 is no time."""
        following = words_between(self.text, end, end + _NEAR)
        lists = (self.lists.marks, self.lists.clock, self.lists.parts)
        return any(phrases.at(following, 0) for phrases in lists)

    def _minutes(self, at: int, end: int, minutes: int) -> tuple[int, int, int]:
        """6 గంటల 30 నిమిషాలకు, छह बजकर दस मिनट."""
        span = self.numbers.get(self.tokens[at].start) if at < len(self.tokens) else None
        if span is None or span.quantity or not 0 < span.value < _HOUR or minutes % _HOUR:
            return at, end, minutes
        after = max(at, self.tokens.behind(span.end))
        word = self.lists.minutes.match(self.tokens, after)
        if word is None:
            return at, end, minutes
        return after + word[0], self._end(after, word[0], word[1]), minutes + int(span.value)

    def _part_after(self, at: int, end: int) -> tuple[_Part | None, int, int]:
        """am, pm, "in the evening", शाम को after the hour."""
        mark = self.lists.marks.match(self.tokens, at)
        place = at
        if mark is None:
            place = self._joint(at)
            mark = self.lists.parts.match(self.tokens, place)
        if mark is None:
            return None, at, end
        return mark[2], place + mark[0], self._end(place, mark[0], mark[1])

    def _joint(self, at: int) -> int:
        joint = self.lists.joint.at(self.tokens, at)
        return at + joint[0] if joint else at

    def _hour_end(self, at: int, used: int, kept: int) -> int:
        """Where the word for hours ends. Its case ending is not part of the time (గంటలకు)."""
        word = self.tokens[at + used - 1]
        bare = (s.kept for s in stems(word.text) if self.lists.hours.get([s.text]) is not None)
        return word.start + min(bare, default=kept)

    def _end(self, at: int, used: int, kept: int) -> int:
        return self.tokens[at + used - 1].start + kept


def _minutes_of(span: NumberSpan) -> int | None:
    """Minutes since midnight of an hour: 6, 5.5 (ఐదున్నర, साढ़े पाँच), 530 (five thirty)."""
    dictated = _DICTATED.fullmatch(span.digits) if span.words and not span.quantity else None
    if dictated:
        return int(dictated["h"]) * _HOUR + int(dictated["m"])
    if not 0 < span.value <= _DAY or (span.quantity and span.value == int(span.value)):
        return None
    minutes = span.value * _HOUR
    return int(minutes) if minutes % 15 == 0 else None


def _on_the_day(hour: int, part: _Part) -> int:
    """The hour of the 24 hour clock that `hour` means in this part of the day."""
    if hour > _HALF_DAY:
        return hour % _DAY
    half = hour % _HALF_DAY
    for candidate in (half, half + _HALF_DAY, half + _DAY):
        if part.first <= candidate < part.last:
            return candidate % _DAY
    return half


@lexicon_cache(maxsize=1)
def _lists() -> _Lists:
    lexicon = load_lexicon("times")
    parts = [
        (str(form), _Part(int(row["from"]), int(row["to"]), int(row["hour"])))
        for row in lexicon["parts"].values()
        for form in row["forms"]
    ]
    halves = {"am": _Part(0, _HALF_DAY, 0), "pm": _Part(_HALF_DAY, _DAY, _HALF_DAY)}
    first = int(lexicon["unsaid"])
    return _Lists(
        parts=Phrases(parts),
        marks=Phrases((str(f), halves[k]) for k, fs in lexicon["marks"].items() for f in fs),
        clock=Phrases((str(form), True) for form in lexicon["clock"]),
        hours=Phrases((str(form), True) for form in lexicon["hours"]),
        minutes=Phrases((str(form), True) for form in lexicon["minutes"]),
        joint=Phrases((str(form), True) for form in lexicon["joint"]),
        before=Phrases((str(f), int(k)) for k, fs in lexicon["before"].items() for f in fs),
        unsaid=_Part(first, first + _HALF_DAY, first),
    )


register(
    Kind(
        name="time",
        reads="times of day as HH:MM: `6:30 am`, `ఉదయం 6 గంటలకు`, `साढ़े पाँच बजे`",
        read=read_time,
        find=find_times,
        never=("announced",),
        claim=lambda said: times(said.text),
    )
)
