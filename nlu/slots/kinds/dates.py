"""Dates (`date`) as citizens say them: 5/12, డిసెంబర్ 5, 25 tarikh, परसों, next monday, in two days.

The rules of `nlu.slots.date_rules` come first. dateparser is tried only for an answer that they do
not understand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime

import regex

from nlu.catalogue import Catalogue, SlotType
from nlu.slots.context import Announced, role_beside
from nlu.slots.date_rules import DateRules, day_of_month, fits, full_date
from nlu.slots.kind import Hit, Kind, Parsed, Reason, Rejected, Said, register

_SPACED = regex.compile(r"(?<!\d)(?P<d>\d{1,2})\s+(?P<m>\d{1,2})\s+(?P<y>\d{4})(?!\d)")
_TOGETHER = regex.compile(r"(?P<d>\d{2})(?P<m>\d{2})(?P<y>(?:19|20)\d{2})")
_UNANNOUNCED = 0.95  # confidence of a date without a cue such as "bus" or "darshan" beside it
_ONLY_DAY = regex.compile(r"\d{1,2}")
_LONGEST = 100  # characters; a longer answer is more than a date


def read_date(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Parsed | Rejected:
    """The first date of the answer that lies on the right side of today, as an ISO date."""
    reason: Reason = "format"
    for hit in _answers(slot_type.when, said.text.strip(), said.today):
        if fits(date.fromisoformat(hit.value), slot_type.when, said.today):
            return Parsed(hit.value)
        reason = "not_future" if slot_type.when == "future" else "not_past"
    return Rejected(reason)


def find_dates(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Iterator[Hit]:
    """Dates in a free message that lie on the right side of today."""
    cues = Announced(slot_type.name, said.clean)
    for hit in DateRules(said.text, slot_type.when, said.today, answer=False).hits():
        if fits(date.fromisoformat(hit.value), slot_type.when, said.today):
            near = cues.at(hit.start, hit.end)
            role = role_beside(said.text, hit.start, hit.end)
            yield replace(hit, confidence=hit.confidence if near else _UNANNOUNCED, role=role)


def _answers(when: str | None, text: str, today: date) -> Iterator[Hit]:
    found = False
    for hit in DateRules(text, when, today, answer=True).hits():
        found = True
        yield hit
    if found:
        return
    for pattern in (_SPACED, _TOGETHER):
        match = pattern.search(text)
        if match:
            day = full_date(int(match["d"]), int(match["m"]), int(match["y"]), when, today)
            if day is not None:
                yield Hit(match.start(), match.end(), day.isoformat())
                return
    if _ONLY_DAY.fullmatch(text):
        day = day_of_month(int(text), None, when, today)
        if day is not None:
            yield Hit(0, len(text), day.isoformat(), 0.7)
        return
    day = _dateparser(text, when, today)
    if day is not None:
        yield Hit(0, len(text), day.isoformat(), 0.6)


def _dateparser(text: str, when: str | None, today: date) -> date | None:
    """What dateparser reads in a whole answer that names a day and a month."""
    if len(text) > _LONGEST:
        return None
    if not any(c.isalpha() for c in text) or not any(c.isdigit() for c in text):
        return None  # "next week" names no day
    import dateparser

    found = dateparser.parse(
        text,
        languages=["en", "hi", "te"],
        settings={
            "DATE_ORDER": "DMY",
            "PREFER_DATES_FROM": "past" if when == "past" else "future",
            "RELATIVE_BASE": datetime(today.year, today.month, today.day),
            "REQUIRE_PARTS": ["day", "month"],
        },
    )
    return found.date() if found else None


def show_date(slot_type: SlotType, value: str, language: str, catalogue: Catalogue) -> str:
    """The day first: 26-11-2026."""
    return "-".join(reversed(value.split("-")))


register(
    Kind(
        name="date",
        reads="dates written or said in three languages",
        read=read_date,
        needs=("when",),
        find=find_dates,
        never=("announced",),
        claim=lambda said: DateRules(said.text, None, said.today, answer=False).hits(),
        lone_role="from",
        show=show_date,
    )
)
