"""The reports of the roles as a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from api.status.report import Report

_COLUMNS = ("lag", "waiting", "dead", "per min", "p95", "procs", "memory", "up for")
_NOTHING = "-"


def table(reports: Sequence[Report]) -> Table:
    """A row for each role, in 80 columns."""
    made = Table(box=None, pad_edge=False, header_style="bold")
    made.add_column("role", no_wrap=True)
    made.add_column("ready", no_wrap=True)
    for name in _COLUMNS:
        made.add_column(name, justify="right", no_wrap=True)
    for report in reports:
        made.add_row(report.role, _ready(report), *_numbers(report))
    return made


def serving(reports: Sequence[Report]) -> list[Text]:
    """Which model serves in which roles, a line each; two only while one takes over."""
    roles: dict[str, list[str]] = {}
    for report in reports:
        for model in report.models:
            roles.setdefault(model, []).append(report.role)
    style = "yellow" if len(roles) > 1 else ""
    return [Text(f"model {name}: {', '.join(who)}", style) for name, who in roles.items()]


def notes(reports: Sequence[Report]) -> list[Text]:
    """What roles say is wrong, a line for each."""
    return [
        Text(f"{report.role}: {note}", style="" if report.ready else "red")
        for report in reports
        for note in report.notes
    ]


def _ready(report: Report) -> Text:
    if report.ready:
        return Text("yes", style="yellow" if report.notes else "green")
    return Text("no" if report.answers else "away", style="bold red")


def _numbers(report: Report) -> list[str | Text]:
    dead = "" if not report.dead else "bold red"
    return [
        seconds(report.oldest_s),
        _count(report.waiting),
        Text(_count(report.dead), style=dead),
        _NOTHING if report.per_minute is None else f"{report.per_minute:.1f}",
        seconds(report.p95_s),
        _count(report.processes),
        _NOTHING if report.memory_bytes is None else f"{report.memory_bytes / 1e9:.2f} GB",
        seconds(report.uptime_s),
    ]


def seconds(value: float | None) -> str:
    """A time as people say it: with one unit, or two from a minute on."""
    if value is None:
        return _NOTHING
    if value < 1:
        return f"{value * 1000:.0f} ms"
    if value < 60:
        return f"{value:.1f} s"
    minutes, hours, days = value / 60, value / 3600, value / 86400
    if minutes < 60:
        return f"{minutes:.0f} min"
    return f"{hours:.0f} h" if hours < 48 else f"{days:.0f} d"


def _count(value: int | None) -> str:
    return _NOTHING if value is None else f"{value}"
