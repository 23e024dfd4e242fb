"""Which day is meant when a day is said without its year, month or direction."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

_CENTURY = 100


def fits(day: date, when: str | None, today: date) -> bool:
    """True when `day` is on the side of today that the slot type asks for; today is on both."""
    return not (when == "future" and day < today) and not (when == "past" and day > today)


def choose(days: Iterable[date], when: str | None, today: date) -> date | None:
    """The day that fits; else the first one, so that the caller can say why it does not."""
    listed = list(days)
    return next((day for day in listed if fits(day, when, today)), listed[0] if listed else None)


def full_date(day: int, month: int, year: int | None, when: str | None, today: date) -> date | None:
    """A date from its parts; a missing year is the nearest on the right side of today."""
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
    """The coming such weekday (Monday is 0), never today; the last one for the past."""
    if direction < 0 or (direction == 0 and when == "past"):
        return today - timedelta(days=(today.weekday() - number - 1) % 7 + 1)
    return today + timedelta(days=(number - today.weekday() - 1) % 7 + 1)


def weekday_of_week(number: int, shift: int, today: date) -> date:
    """That weekday of this week (shift 0), the next (1) or the last (-1); it begins on Monday."""
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
