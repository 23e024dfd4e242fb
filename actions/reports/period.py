"""The days that a report is about."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from nlu.daily_counts import day_number

TODAY, WEEK, FOUR_WEEKS, OWN = "today", "7days", "28days", "own"
_LENGTHS = {TODAY: 1, WEEK: 7, FOUR_WEEKS: 28}
_MONTH = re.compile(r"(\d{4})-(\d{2})")
_LONGEST = 366


@dataclass(frozen=True)
class Period:
    """Whole days, both included."""

    first: date
    last: date

    @property
    def numbers(self) -> tuple[int, int]:
        """First and last day, as the counts have them."""
        return day_number(self.first), day_number(self.last)

    @property
    def weeks(self) -> tuple[Period, Period]:
        """The last seven days of the period, and the seven before them."""
        week = timedelta(days=7)
        now = Period(self.last - timedelta(days=6), self.last)
        return now, Period(now.first - week, now.last - week)


def month(name: str) -> Period:
    """`2026-11`. Raises ValueError for anything else."""
    found = _MONTH.fullmatch(name)
    if found is None or not 1 <= int(found[2]) <= 12 or int(found[1]) < 1970:
        raise ValueError(f"{name!r} is no month: write it as 2026-11")
    year, number = int(found[1]), int(found[2])
    return Period(date(year, number, 1), date(year, number, calendar.monthrange(year, number)[1]))


def asked_for(asked: Mapping[str, str], today: date) -> Period:
    """The period of a query: `period` is today, 7days, 28days, a month, or own with `first` and
    `last` (ISO). Raises ValueError that says what is wrong."""
    name = asked.get("period") or WEEK
    if name in _LENGTHS:
        return Period(today - timedelta(days=_LENGTHS[name] - 1), today)
    if name != OWN:
        return month(name)
    try:
        found = Period(*(date.fromisoformat(asked.get(edge, "")) for edge in ("first", "last")))
    except ValueError:
        raise ValueError("first and last must be days such as 2026-11-30") from None
    if not date(1970, 1, 1) <= found.first <= found.last:
        raise ValueError("the first day must not be after the last")
    if (found.last - found.first).days >= _LONGEST:
        raise ValueError(f"a report has at most {_LONGEST} days")
    return found
