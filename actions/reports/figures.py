"""The figures of a period, asked of the databases by sums: so many queries, however many rows.

Counts come from the table of the days, payments from the ledger, who waits now from the hand-overs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from actions.citizens import handover
from actions.citizens.counted import (
    ANSWERS,
    BEGUN,
    BEGUN_IN,
    DONE,
    DONE_IN,
    HANDED_OVER,
    JUDGED,
    MESSAGES,
    TAPPED,
    WAITED,
)
from actions.payments import ledger
from actions.payments.ledger import PAYMENTS
from actions.reports.period import Period
from nlu.daily_counts import FILE as COUNTS
from nlu.daily_counts import UNHAPPY, UNREAD, DailyCounts
from nlu.settings.settings import ActionsSettings
from nlu.storage.tables import open_tables

BY_SERVICE = (BEGUN, DONE, UNHAPPY, HANDED_OVER)
EACH_DAY = (MESSAGES, *BY_SERVICE)
Place = tuple[str, str]
"""Department and service."""


@dataclass(frozen=True)
class Sources:
    """The databases that are asked."""

    counts: DailyCounts
    payments: sa.engine.Engine
    handovers: sa.engine.Engine
    zone: ZoneInfo

    @classmethod
    def of(cls, settings: ActionsSettings) -> Sources:
        """Opens them. Raises ValueError for tables that this Seva cannot work with."""
        return cls(
            DailyCounts(settings.table_url(COUNTS)),
            open_tables(settings.tables_url, ledger.TABLES),
            open_tables(settings.table_url(handover.FILE), handover.TABLES),
            settings.zone,
        )


@dataclass
class Figures:
    """Numbers of a period, of one department or of all (empty `department`)."""

    period: Period
    department: str = ""
    days: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    """What -> day -> times."""
    places: Mapping[str, Mapping[Place, int]] = field(default_factory=dict)
    """What -> department and service -> times; of all departments, also where one is asked for."""
    kinds: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """What -> kind -> times."""
    times: Mapping[Place, Mapping[str, int]] = field(default_factory=dict)
    """Department and service -> kind of the time until it was done -> times."""
    languages: Mapping[str, int] = field(default_factory=dict)
    """Language key -> messages in own words."""
    districts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """What -> district -> times."""
    answers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Department -> outcome -> answers."""
    payments: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """State -> payments opened in the period, and their paise."""
    judged: Mapping[str, Mapping[Place, int]] = field(default_factory=dict)
    """What citizens said whether they were understood -> department and service -> times; of all
    departments, also where one is asked for."""
    weeks_services: tuple[Mapping[Place, int], Mapping[Place, int]] = ({}, {})
    """Requests begun in the last seven days of the period, and in those before."""
    weeks_languages: tuple[Mapping[str, int], Mapping[str, int]] = ({}, {})
    waiting: int = 0
    """Requests for a person that wait now, of all departments."""
    oldest: float | None = None
    """When the first of them was opened, in seconds since 1970."""


def figures(sources: Sources, period: Period, department: str = "") -> Figures:
    """Asks for everything. Blocks: call it in a thread."""
    counts, days = sources.counts, period.numbers

    def by(what: str, *columns: str, of: str = department) -> dict[tuple[str, ...], int]:
        found = counts.sums(what, days, columns, of)
        return {key: times for key, (times, _) in found.items()}

    def flat(what: str, column: str) -> dict[str, int]:
        return {key: times for (key,), times in by(what, column).items()}

    found = Figures(period, department)
    found.days = {
        what: {int(day): times for (day,), times in by(what, "day").items()} for what in EACH_DAY
    }
    found.places = {
        what: {(one, two): times for (one, two), times in by(what, *_PLACE, of="").items()}
        for what in EACH_DAY
    }
    found.kinds = {
        what: flat(what, "kind") for what in (MESSAGES, UNHAPPY, HANDED_OVER, WAITED, DONE, UNREAD)
    }
    said: dict[str, dict[Place, int]] = defaultdict(dict)
    for (one, two, kind), times in by(JUDGED, *_PLACE, "kind", of="").items():
        said[kind][(one, two)] = times
    found.judged = dict(said)
    found.times = _nested(by(DONE, *_PLACE, "kind"))
    found.languages = _own_words(counts, days, department)
    found.districts = {
        BEGUN: flat(BEGUN_IN, "district"),
        DONE: flat(DONE_IN, "district"),
    }
    answers: dict[str, dict[str, int]] = defaultdict(dict)
    for (who, outcome), times in by(ANSWERS, "department", "kind").items():
        answers[who][outcome] = times
    found.answers = dict(answers)
    now, before = period.weeks
    found.weeks_services = (
        _requests(counts, now.numbers),
        _requests(counts, before.numbers),
    )
    found.weeks_languages = (
        _own_words(counts, now.numbers, department),
        _own_words(counts, before.numbers, department),
    )
    found.payments = _payments(sources, period, department)
    found.waiting, found.oldest = _waiting(sources.handovers)
    return found


_PLACE = ("department", "service")


def _nested(flat: Mapping[tuple[str, ...], int]) -> dict[Place, dict[str, int]]:
    found: dict[Place, dict[str, int]] = defaultdict(dict)
    for (department, service, kind), times in flat.items():
        found[(department, service)][kind] = times
    return dict(found)


def _own_words(counts: DailyCounts, days: tuple[int, int], department: str) -> dict[str, int]:
    """Messages that were written or spoken, by language key: a tap has none."""
    found: dict[str, int] = defaultdict(int)
    for (language, kind), (times, _) in counts.sums(
        MESSAGES, days, ["language", "kind"], department
    ).items():
        if kind != TAPPED:
            found[language] += times
    return dict(found)


def _requests(counts: DailyCounts, days: tuple[int, int]) -> dict[Place, int]:
    found = counts.sums(BEGUN, days, _PLACE)
    return {(one, two): times for (one, two), (times, _) in found.items()}


def _payments(sources: Sources, period: Period, department: str) -> dict[str, tuple[int, int]]:
    """Of those opened in the period, as they stand now."""
    begin, end = (
        datetime.combine(day, clock, sources.zone).timestamp()
        for day, clock in ((period.first, time.min), (period.last, time.max))
    )
    columns = PAYMENTS.c
    where = columns.opened_at.between(begin, end)
    if department:
        where &= columns.department == department
    paise = sa.func.coalesce(sa.func.sum(columns.paise), 0)
    query = sa.select(columns.state, sa.func.count(), paise).where(where).group_by(columns.state)
    with sources.payments.connect() as db:
        return {state: (int(count), int(paise)) for state, count, paise in db.execute(query)}


_HANDOVER = sa.table("handover", sa.column("opened"), sa.column("closed", sa.Boolean))


def _waiting(engine: sa.engine.Engine) -> tuple[int, float | None]:
    opened = _HANDOVER.c.opened
    query = sa.select(sa.func.count(), sa.func.min(opened)).where(_HANDOVER.c.closed.is_(False))
    with engine.connect() as db:
        count, oldest = db.execute(query).one()
    return int(count), None if oldest is None else float(oldest)
