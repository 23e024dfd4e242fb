"""JMESPath functions that turn ISO dates and numbers into text for citizens."""

from __future__ import annotations

import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from jmespath import functions

from actions.departments.definition import Formats
from nlu.text.numbers import indian_grouping


def until_text(moment: float, now: float, formats: Formats) -> str:
    """Until when, with the day only where that is not today; both are seconds since 1970."""
    zone = ZoneInfo(formats.timezone)
    then, today = (datetime.datetime.fromtimestamp(at, zone) for at in (moment, now))
    return then.strftime(formats.time if then.date() == today.date() else formats.datetime)


class TextFunctions(functions.Functions):  # type: ignore[misc]  # jmespath is untyped
    """`date_text`, `time_text`, `datetime_text`, `month_text`, `money_text`; null stays null."""

    def __init__(self, formats: Formats, language: str) -> None:
        super().__init__()
        self._formats = formats
        self._zone = ZoneInfo(formats.timezone)
        self._language = language

    @functions.signature({"types": ["string", "null"]})  # type: ignore[untyped-decorator]
    def _func_date_text(self, value: str | None) -> str | None:
        return None if value is None else self._moment(value).strftime(self._formats.date)

    @functions.signature({"types": ["string", "null"]})  # type: ignore[untyped-decorator]
    def _func_datetime_text(self, value: str | None) -> str | None:
        return None if value is None else self._moment(value).strftime(self._formats.datetime)

    @functions.signature({"types": ["string", "null"]})  # type: ignore[untyped-decorator]
    def _func_time_text(self, value: str | None) -> str | None:
        """A clock time (`07:30`) or the clock time of a moment."""
        if value is None:
            return None
        clock = self._moment(value) if "T" in value else datetime.time.fromisoformat(value)
        return clock.strftime(self._formats.time)

    @functions.signature({"types": ["string", "null"]})  # type: ignore[untyped-decorator]
    def _func_month_text(self, value: str | None) -> str | None:
        """`2026-11` -> the month's name in the citizen's language, and the year."""
        if value is None:
            return None
        year, month = value.split("-")[:2]
        return f"{self._formats.months[self._language][int(month) - 1]} {year}"

    @functions.signature({"types": ["number", "string", "null"]})  # type: ignore[untyped-decorator]
    def _func_money_text(self, value: float | str | None) -> str | None:
        """Rupees without a symbol, grouped the Indian way: 1,23,456.50."""
        return None if value is None else indian_grouping(Decimal(str(value)))

    def _moment(self, value: str) -> datetime.datetime:
        moment = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        return moment.astimezone(self._zone) if moment.tzinfo else moment
