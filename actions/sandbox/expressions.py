"""The expressions of the counters: JMESPath with a few functions for days, money and languages.

Dates are ISO texts (`2026-12-01`), moments are ISO texts with the offset of India.
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import jmespath
from jmespath import functions

from actions.sandbox import clock
from nlu.fast_yaml import load_yaml
from nlu.paths import data_folder

_MINUTE = 60
_PAISE = 2


class _Functions(functions.Functions):  # type: ignore[misc]  # jmespath is untyped
    """What the counters may call besides the functions of JMESPath."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    @functions.signature({"types": ["number"]})  # type: ignore[untyped-decorator]
    def _func_days(self, count: float) -> str:
        """The date so many days from today."""
        return clock.in_days(int(count))

    @functions.signature({"types": ["number"]})  # type: ignore[untyped-decorator]
    def _func_hours(self, count: float) -> str:
        """The moment so many hours from now."""
        return (clock.now() + datetime.timedelta(hours=count)).isoformat()

    @functions.signature({"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_days_until(self, date: str) -> int:
        """Days from today to a date; below zero for the past."""
        return (datetime.date.fromisoformat(date) - clock.today()).days

    @functions.signature({"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_minutes_until(self, moment: str) -> float:
        """Minutes from now to a moment; below zero for the past."""
        left = datetime.datetime.fromisoformat(moment) - clock.now()
        return left.total_seconds() / _MINUTE

    @functions.signature({"types": ["string"]}, {"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_at(self, date: str, time: str) -> str:
        """The moment of a clock time (`06:30`) on a date."""
        return clock.at(datetime.date.fromisoformat(date), time).isoformat()

    @functions.signature({"types": ["string"]}, {"types": ["number"]})  # type: ignore[untyped-decorator]
    def _func_later(self, moment: str, minutes: float) -> str:
        """The moment so many minutes after another."""
        after = datetime.datetime.fromisoformat(moment) + datetime.timedelta(minutes=minutes)
        return after.isoformat()

    @functions.signature({"types": ["string"]}, {"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_strftime(self, moment: str, form: str) -> str:
        """A date or moment written as `form` says (`%d-%m-%Y`)."""
        return datetime.datetime.fromisoformat(moment).strftime(form)

    @functions.signature({"types": ["array-number"]})  # type: ignore[untyped-decorator]
    def _func_product(self, numbers: list[float]) -> float:
        """The product of numbers, to the paisa."""
        return round(math.prod(numbers), _PAISE)

    @functions.signature({"types": ["object", "string", "null"]})  # type: ignore[untyped-decorator]
    def _func_words(self, text: Any) -> Any:
        """The caller's language of `{te: ..., hi: ..., en: ...}`; a plain text as it is."""
        return text[self._language] if isinstance(text, dict) else text

    @functions.signature({"types": ["string"]}, {"types": ["string"]})  # type: ignore[untyped-decorator]
    def _func_places(self, gazetteer: str, place: str) -> str:
        """A place's names in all languages, as papers have them; its id where it is not known."""
        return _names(gazetteer).get(place, place)


@lru_cache(maxsize=8)
def _names(gazetteer: str) -> dict[str, str]:
    raw = load_yaml((data_folder() / f"gazetteers/{gazetteer}.yml").read_text("utf-8"))
    return {one["value"]: " / ".join(one["title"].values()) for one in raw["places"]}


@dataclass(frozen=True)
class Moment:
    """What an expression may see, for a caller who reads `language`."""

    seen: dict[str, Any]
    language: str = "en"

    def value(self, expression: str) -> Any:
        """What the expression gives. Raises jmespath.exceptions.JMESPathError for a wrong one."""
        return _compiled(expression).search(self.seen, options=self._options)

    def text(self, expression: str) -> str:
        """The value as a text; empty for null."""
        value = self.value(expression)
        return "" if value is None else str(value)

    @cached_property
    def _options(self) -> Any:
        return jmespath.Options(custom_functions=_Functions(self.language))


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> Any:
    return jmespath.compile(expression)
