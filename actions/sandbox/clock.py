"""The sandbox's idea of now, in Indian time."""

from __future__ import annotations

import datetime

INDIA = datetime.timezone(datetime.timedelta(hours=5, minutes=30))


def now() -> datetime.datetime:
    """This moment, to the second."""
    return datetime.datetime.now(INDIA).replace(microsecond=0)


def today() -> datetime.date:
    """Today in India."""
    return now().date()


def in_days(days: int) -> str:
    """ISO date so many days from today."""
    return (today() + datetime.timedelta(days=days)).isoformat()


def at(date: datetime.date, clock: str) -> datetime.datetime:
    """A clock time (`06:30`) of a day in India."""
    return datetime.datetime.combine(date, datetime.time.fromisoformat(clock), INDIA)
