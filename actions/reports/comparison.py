"""The tables that hold this week against the one before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from actions.reports.drift import OTHERS, Drift, drift
from actions.reports.figures import Figures, Place
from actions.reports.table import Column, Shown, Speech, Table, percent
from nlu.suppression import Cell, nested, partition

_MOST = 12
"""Rows: what moved least says nothing."""
_LEAST = 0.0005


def compared(
    found: Figures, say: Speech, service: Callable[[str], str], language: Callable[[str], str]
) -> Iterator[Table]:
    """What is asked for, and in which languages."""
    now, before = (_services(week, found.department) for week in found.weeks_services)
    yield _table("drift_services", "service", drift(before, now), say, service)
    languages = [partition(week) for week in found.weeks_languages]
    yield _table("drift_languages", "language", drift(languages[1], languages[0]), say, language)


def _services(week: Mapping[Place, int], department: str) -> dict[str, Cell]:
    """As the table of services hides them, for one department or all."""
    by_department: dict[str, dict[Place, int]] = {}
    for place, times in week.items():
        by_department.setdefault(place[0], {})[place] = times
    _, inside = nested(by_department)
    own = {place: cell for place, cell in inside.items() if department in ("", place[0])}
    return {service: cell for (_, service), cell in own.items()}


def _table(name: str, first: str, found: Drift, say: Speech, called: Callable[[str], str]) -> Table:
    rows, notes = [], [say("drift_few")]
    if found.distance is not None and found.by_chance is not None:
        told = {"distance": percent(found.distance), "chance": percent(found.by_chance)}
        notes = [say("drift_note", **told)]
    for one in found.shifts[:_MOST]:
        points = 100 * one.change
        shown = [Shown(percent(part), round(100 * part, 1)) for part in (one.before, one.now)]
        change = "0.0" if abs(one.change) < _LEAST else f"{points:+.1f}".replace("-", "−")
        title = called(one.name) if one.name != OTHERS else say("others")
        rows.append((title, [*shown, Shown(change, round(points, 1))]))
    columns = [
        Column(say("week_before")),
        Column(say("this_week"), bar=True),
        Column(say("change")),
    ]
    return Table(name, say(name), say(first), columns, rows, None, notes)
