"""The hours of the desk, where the citizens live, and what officers read of them."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest

from actions.desk.place import Desk
from actions.desk.words import DAYS, desk_words
from tests.console.conftest import House, Person, house, settings
from tests.desk.test_pages import office, officer

__all__ = ["house", "office", "officer", "settings"]
INDIA = ZoneInfo("Asia/Kolkata")
MONDAY = datetime.date(2026, 11, 30)


@pytest.mark.parametrize(
    ("day", "clock", "open_"),
    [
        (0, "09:59", False),
        (0, "10:00", True),
        (0, "17:29", True),
        (0, "17:30", False),
        (5, "12:00", True),
        (6, "12:00", False),
    ],
)
def test_open_on_its_days_from_the_first_minute_to_the_last(
    day: int, clock: str, open_: bool
) -> None:
    at = datetime.time.fromisoformat(clock)
    now = datetime.datetime.combine(MONDAY + datetime.timedelta(days=day), at, INDIA)
    assert desk_words().hours.are_now(now) is open_


def test_hours_are_days_and_times() -> None:
    """As `desk.yml` has them."""
    hours = desk_words().hours
    assert set(hours.days) <= set(DAYS) and hours.opens < hours.closes
    for clock in (hours.opens, hours.closes):
        assert datetime.time.fromisoformat(clock).strftime("%H:%M") == clock


@pytest.mark.parametrize(("clock", "said"), [("11:00", "open now"), ("23:00", "closed now")])
def test_officers_read_them(
    office: House,
    officer: Person,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    clock: str,
    said: str,
) -> None:
    now = datetime.datetime.combine(MONDAY, datetime.time.fromisoformat(clock), INDIA)
    monkeypatch.setattr(Desk, "now", lambda self: now)
    page = officer.get("/desk").text
    assert said in page and "from 10:00 to 17:30" in page
    assert "Lakshmi" in page.split("On duty now")[1], "who looks is on duty"
