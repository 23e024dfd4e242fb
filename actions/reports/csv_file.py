"""A table as CSV, for spreadsheets that take a cell for a formula.

A text that begins like a formula gets an apostrophe before it, as OWASP advises. Numbers are plain,
without grouping. The byte order mark tells Excel that it is UTF-8.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from actions.reports.report import Report
from actions.reports.table import Shown, Table

MEDIA_TYPE = "text/csv; charset=utf-8"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_BOM = "\ufeff"


def table_csv(table: Table) -> bytes:
    """One table, with a row of headers."""
    return _bytes(_rows(table))


def report_csv(report: Report) -> bytes:
    """All tables of a report one below the other, each under its title."""
    rows: list[Sequence[str]] = [[report.title], [report.subtitle], [report.hint]]
    for table in report.tables:
        rows += [[], [table.title], *_rows(table), *([note] for note in table.notes)]
    return _bytes(rows)


def harmless(text: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _rows(table: Table) -> Iterable[Sequence[str]]:
    yield [table.first, *(column.label for column in table.columns)]
    for name, places in [*table.rows, *([table.total] if table.total else [])]:
        yield [name, *map(_plain, places)]


def _plain(place: Shown) -> str:
    """A number as a program reads it. It is one of ours, so a minus begins no formula."""
    return place.text if place.value is None else f"{place.value:.15g}"


def _bytes(rows: Iterable[Sequence[str]]) -> bytes:
    told = io.StringIO()
    writer = csv.writer(told, lineterminator="\r\n")
    for row in rows:
        writer.writerow([one if _is_number(one) else harmless(one) for one in row])
    return (_BOM + told.getvalue()).encode("utf-8")


def _is_number(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.replace(".", "", 1).isdecimal() and digits.isascii()
