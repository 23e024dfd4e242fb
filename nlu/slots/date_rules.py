"""Rules for dates in words and digits, tried at every word from left to right.

The functions at the end say which day is meant
when a day is said without its year, month or direction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from functools import cached_property
from heapq import merge

import regex

from nlu.slots.date_words import DateWords, date_words
from nlu.slots.kind import Hit
from nlu.slots.words import Spans, Word, Words, words
from nlu.text import find_numbers

_NUMERIC = regex.compile(
    r"(?<![\d./-])(?:(?P<iso>\d{4})-(?P<isom>\d{1,2})-(?P<isod>\d{1,2})"
    r"|(?P<d>\d{1,2})(?P<sep>[-/.])(?P<m>\d{1,2})(?:(?P=sep)(?P<y>\d{4}|\d{2}))?)(?![\d/-])"
)
_YEARS = (1900, 2100)
_LONGEST_DAYS = 400
_LEADING = 2  # words before a lone ordinal: "on the"
_CENTURY = 100


class DateRules:
    """Reads the dates of one text from left to right. No character belongs to two dates."""

    def __init__(self, text: str, when: str | None, today: date, *, answer: bool) -> None:
        self.text, self.when, self.today, self.answer = text, when, today, answer
        self.tokens: Words = words(text)
        self.lists: DateWords = date_words()
        self.begun = self.lists.beginnings(self.tokens)
        self.following = self.lists.following(self.tokens)
        self.numeric = [match for match in _NUMERIC.finditer(text) if self._is_date(match)]
        written = Spans(match.span() for match in self.numeric)
        self.numbers = {
            span.start: (int(span.value), span.end, span.weak)
            for span in find_numbers(text)
            if span.value < _YEARS[1] and span.value == span.value.to_integral_value()
            # the 14 of "date 14/05/2019" is not a day by itself
            if not written.meets(span.start, span.start + 1)
        }

    def hits(self) -> Iterator[Hit]:
        """Dates from left to right, none inside another. Each is read when the caller needs it."""
        end = 0
        for hit in merge(self._numeric(), self._worded(), key=lambda h: (h.start, -h.end)):
            if hit.start >= end:
                yield hit
                end = hit.end

    def _worded(self) -> Iterator[Hit]:
        at = 0
        while at < len(self.tokens):
            used, day = self._from(at)
            if day is not None:
                last = self.tokens[at + used - 1]
                yield Hit(self.tokens[at].start, self._end(last), day.isoformat())
            at += max(used, 1)

    def _end(self, word: Word) -> int:
        """Where the date ends: a case ending is not part of it (సోమవారానికి, repatiki)."""
        return word.start + self.lists.bare(word.text)

    def _is_date(self, match: regex.Match[str]) -> bool:
        """False for 4-5 in a message, which may be a door number or a range."""
        return bool(match["iso"] or match["y"] or match["sep"] == "/" or self.answer)

    def _numeric(self) -> Iterator[Hit]:
        for match in self.numeric:
            if match["iso"]:
                day = full_date(
                    int(match["isod"]),
                    int(match["isom"]),
                    int(match["iso"]),
                    self.when,
                    self.today,
                )
            else:
                year = int(match["y"]) if match["y"] else None
                day = full_date(int(match["d"]), int(match["m"]), year, self.when, self.today)
            if day is not None:
                yield Hit(match.start(), match.end(), day.isoformat())

    def _from(self, at: int) -> tuple[int, date | None]:
        """(words used, date) of a date that begins at the word `at`; (0, None) for none."""
        worded = at in self.begun
        if not worded and not self._counts(self.tokens[at]):
            return 0, None
        for rule, needs_word in (
            (self._relative, True),
            (self._weekday, True),
            (self._day_month, False),
            (self._year_month_day, False),
            (self._month_day, True),
            (self._month_shift, True),
            (self._day_mark, False),
            (self._mark_day, True),
            (self._days_ahead, False),
        ):
            used, day = rule(at) if worded or not needs_word else (0, None)
            if day is not None:
                return used, day
        return 0, None

    def _counts(self, token: Word) -> bool:
        """Whether a number begins here, followed by a word that may follow a number in a date."""
        if token.start not in self.numbers:
            return False
        after = self.tokens.behind(self.numbers[token.start][1])
        return after in self.following

    def _relative(self, at: int) -> tuple[int, date | None]:
        found = self.lists.relative.at(self.tokens, at)
        if found is None:
            return 0, None
        if not self.answer and not self._meant(at + found[0], found[1]):
            return 0, None
        days = (self.today + timedelta(days=offset) for offset in found[1])
        return found[0], choose(days, self.when, self.today)

    def _meant(self, after: int, offsets: tuple[int, ...]) -> bool:
        """False for "until today", and for कल beside a verb that tells the other direction."""
        if offsets == (0,):
            return self.lists.until.at(self.tokens, after) is None
        if len(offsets) == 1 or self.when not in ("past", "future"):
            return True
        return self._of_the_past is (self.when == "past")

    @cached_property
    def _of_the_past(self) -> bool:
        """Whether a verb of the text is in the past."""
        return any(self.lists.past.at(self.tokens, i) for i in range(len(self.tokens)))

    def _weekday(self, at: int) -> tuple[int, date | None]:
        used, direction, led = at, 0, False
        for phrases, sign in ((self.lists.next, 1), (self.lists.last, -1), (self.lists.this, 0)):
            lead = phrases.at(self.tokens, at)
            if lead is not None:
                used, direction, led = at + lead[0], sign, True
                break
        week = self.lists.week_unit.at(self.tokens, used) if led else None
        found = self.lists.weekdays.at(self.tokens, used + week[0] if week else used)
        if week is not None and found is not None:
            return used + week[0] + found[0] - at, weekday_of_week(found[1], direction, self.today)
        if found is None and (led or self.answer):
            found = self.lists.short_weekdays.at(self.tokens, used)
        if found is None:
            return 0, None
        after = used + found[0]
        for phrases, shift in ((self.lists.next, 1), (self.lists.this, 0), (self.lists.last, -1)):
            lead = phrases.at(self.tokens, after)  # friday next week
            week = self.lists.week_unit.at(self.tokens, after + lead[0]) if lead else None
            if lead is not None and week is not None:
                day = weekday_of_week(found[1], shift, self.today)
                return after + lead[0] + week[0] - at, day
        return after - at, weekday(found[1], direction, self.when, self.today)

    def _number(self, at: int, low: int, high: int) -> tuple[int, int] | None:
        """(words used, number) when a number between the bounds begins at the word `at`."""
        if at >= len(self.tokens):
            return None
        ordinal = self.lists.ordinals.at(self.tokens, at)
        if ordinal is not None and low <= ordinal[1] <= high:
            return ordinal
        if self.tokens[at].start not in self.numbers:
            return None
        value, end, _ = self.numbers[self.tokens[at].start]
        used = max(0, self.tokens.behind(end) - at)
        return (used, value) if low <= value <= high else None

    def _skip(self, at: int) -> int:
        """Index after at most two joints such as "of", "rd of", "వ తేదీ"."""
        for _ in range(2):
            joint = self.lists.joint.at(self.tokens, at)
            at += joint[0] if joint else 0
        return at

    def _year(self, at: int) -> tuple[int, int | None]:
        after = self._skip(at)
        year = self._number(after, *_YEARS)
        return (after + year[0], year[1]) if year else (at, None)

    def _day_month(self, at: int) -> tuple[int, date | None]:
        day = self._number(at, 1, 31)
        if day is None:
            return 0, None
        after = self._skip(at + day[0])
        month = self.lists.months.at(self.tokens, after)
        if month is None:
            return 0, None
        end, year = self._year(after + month[0])
        return end - at, full_date(day[1], month[1], year, self.when, self.today)

    def _month_day(self, at: int) -> tuple[int, date | None]:
        month = self.lists.months.at(self.tokens, at)
        if month is None:
            return 0, None
        after = self._skip(at + month[0])
        day = self._number(after, 1, 31)
        if day is None:
            return 0, None
        end, year = self._year(after + day[0])
        mark = self.lists.mark_after.at(self.tokens, end)
        end += mark[0] if mark and year is None else 0
        return end - at, full_date(day[1], month[1], year, self.when, self.today)

    def _year_month_day(self, at: int) -> tuple[int, date | None]:
        """2019 మే 14."""
        year = self._number(at, *_YEARS)
        month = self.lists.months.at(self.tokens, at + year[0]) if year else None
        if year is None or month is None:
            return 0, None
        day = self._number(at + year[0] + month[0], 1, 31)
        if day is None:
            return 0, None
        used = year[0] + month[0] + day[0]
        return used, full_date(day[1], month[1], year[1], self.when, self.today)

    def _month_shift(self, at: int) -> tuple[int, date | None]:
        """next month 5, వచ్చే నెల 10న, agle mahine ki 5 tarikh."""
        for phrases, shift in ((self.lists.next, 1), (self.lists.this, 0), (self.lists.last, -1)):
            lead = phrases.at(self.tokens, at)
            month = self.lists.month.at(self.tokens, at + lead[0]) if lead else None
            if lead is None or month is None:
                continue
            after = at + lead[0] + month[0]
            for skipped in (0, 1):
                day = self._number(after + skipped, 1, 31)
                if day is not None:
                    end = after + skipped + day[0]
                    mark = self.lists.mark_after.at(self.tokens, end)
                    used = end + (mark[0] if mark else 0) - at
                    return used, day_of_month(day[1], shift, self.when, self.today)
        return 0, None

    def _day_mark(self, at: int) -> tuple[int, date | None]:
        day = self._number(at, 1, 31)
        mark = self.lists.mark_after.at(self.tokens, at + day[0]) if day else None
        if day is not None and mark is None and self._only_ordinal(at, day[0]):
            mark = (0, True)
        if day is None or mark is None:
            return 0, None
        return day[0] + mark[0], day_of_month(day[1], None, self.when, self.today)

    def _only_ordinal(self, at: int, used: int) -> bool:
        """An answer that is nothing but "twenty fifth" or "on the fifth"."""
        whole = at <= _LEADING and at + used == len(self.tokens)
        return self.answer and whole and self.lists.ordinals.at(self.tokens, at) is not None

    def _mark_day(self, at: int) -> tuple[int, date | None]:
        mark = self.lists.mark_before.at(self.tokens, at)
        day = self._number(at + mark[0], 1, 31) if mark else None
        if mark is None or day is None:
            return 0, None
        return mark[0] + day[0], day_of_month(day[1], None, self.when, self.today)

    def _days_ahead(self, at: int) -> tuple[int, date | None]:
        """in two days, రెండు రోజుల తర్వాత, do din baad, a week later, 3 days ago."""
        lead = self.lists.ahead_before.at(self.tokens, at)
        start = at + (lead[0] if lead else 0)
        count = self._number(start, 1, _LONGEST_DAYS) or self._one_week(start)
        if count is None:
            return 0, None
        after, days = start + count[0], count[1]
        unit, week = self.lists.day_unit.at(self.tokens, after), None
        if unit is None:
            unit = week = self.lists.week_unit.at(self.tokens, after)
        if unit is None:
            return 0, None
        end = after + unit[0]
        roju = self.lists.day_unit.at(self.tokens, end) if week else None
        end += roju[0] if roju else 0  # వారం రోజుల తర్వాత
        days *= 7 if week else 1
        for phrases, sign in ((self.lists.ahead, 1), (self.lists.ago, -1)):
            tail = phrases.at(self.tokens, end)
            if tail is not None:
                return end + tail[0] - at, self.today + timedelta(days=sign * days)
        in_unit = self.lists.day_unit_ahead.at(self.tokens, end - 1)
        if lead or in_unit:
            return end - at, self.today + timedelta(days=days)
        return 0, None

    def _one_week(self, at: int) -> tuple[int, int] | None:
        """ "a week" and a week without a number: (words before it, 1)."""
        one = self.lists.one.at(self.tokens, at)
        used = one[0] if one else 0
        return (used, 1) if self.lists.week_unit.at(self.tokens, at + used) else None


def fits(day: date, when: str | None, today: date) -> bool:
    """True when `day` is on the side of today that the slot type wants; today is on both sides."""
    return not (when == "future" and day < today) and not (when == "past" and day > today)


def choose(days: Iterable[date], when: str | None, today: date) -> date | None:
    """The first day that fits. If none does, the first one, so that the caller can say why not."""
    listed = list(days)
    return next((day for day in listed if fits(day, when, today)), listed[0] if listed else None)


def full_date(day: int, month: int, year: int | None, when: str | None, today: date) -> date | None:
    """A date from its parts. A missing year is the nearest one on the right side of today."""
    if year is not None:
        return _date(_full_year(year, when, today), month, day)
    years = (today.year, today.year - 1) if when == "past" else (today.year, today.year + 1)
    days = [d for d in (_date(y, month, day) for y in years) if d is not None]
    return choose(days, when, today)


def day_of_month(day: int, shift: int | None, when: str | None, today: date) -> date | None:
    """The `day` of this month, of the month `shift` months on, or the nearest that fits."""
    if shift is not None:
        return _in_month(day, shift, today)
    shifts = range(0, -13, -1) if when == "past" else range(13)
    days = [d for d in (_in_month(day, s, today) for s in shifts) if d is not None]
    return choose(days, when, today)


def weekday(number: int, direction: int, when: str | None, today: date) -> date:
    """The next such weekday (Monday is 0), or the last one for the past. It is never today."""
    if direction < 0 or (direction == 0 and when == "past"):
        return today - timedelta(days=(today.weekday() - number - 1) % 7 + 1)
    return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)


def weekday_of_week(number: int, shift: int, today: date) -> date:
    """That weekday of this week (shift 0), the next (1) or the last (-1). Weeks begin on Monday."""
    return today + timedelta(days=number - today.weekday() + 7 * shift)


def _full_year(year: int, when: str | None, today: date) -> int:
    if year >= _CENTURY:
        return year
    century = today.year // _CENTURY * _CENTURY
    full = century + year
    return full - _CENTURY if when == "past" and full > today.year else full


def _in_month(day: int, shift: int, today: date) -> date | None:
    months = today.year * 12 + today.month - 1 + shift
    return _date(months // 12, months % 12 + 1, day)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
