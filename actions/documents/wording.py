"""Words and dates that are printed on every document (`printed.yml`)."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from nlu.fast_yaml import load_yaml


@lru_cache(maxsize=1)
def printed_words() -> Mapping[str, Any]:
    """All of `printed.yml`."""
    text = Path(__file__).with_name("printed.yml").read_text("utf-8")
    found: Mapping[str, Any] = load_yaml(text)
    return found


def in_order(words: Mapping[str, str]) -> list[str]:
    """The same words in each language, in the order in which they are printed."""
    return [words[tag] for tag in printed_words()["languages"]]


def local_time(moment: int) -> datetime.datetime:
    """A moment (Unix seconds) where the citizen lives."""
    return datetime.datetime.fromtimestamp(moment, ZoneInfo(printed_words()["timezone"]))


def day(moment: int) -> str:
    """The date of a moment (Unix seconds), as printed."""
    return local_time(moment).strftime(printed_words()["date"])


def end_of_day(moment: int, days: int) -> int:
    """The last second of the day that comes `days` after that of a moment."""
    last = local_time(moment) + datetime.timedelta(days=days)
    return int(last.replace(hour=23, minute=59, second=59, microsecond=0).timestamp())
