"""What time it is for the sandbox: the time of India."""

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
    """The ISO date so many days from today."""
    return (today() + datetime.timedelta(days=days)).isoformat()


def at(date: datetime.date, clock: str) -> datetime.datetime:
    """The moment of a clock time (`06:30`) on a day."""
    return datetime.datetime.combine(date, datetime.time.fromisoformat(clock), INDIA)
