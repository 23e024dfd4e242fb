"""A report on paper: A4, in Telugu, Hindi or English, its letters shaped and its text readable."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from actions.documents.pdf import ACCENT, FAINT, INK, MARGIN, TINT, Sheet
from actions.reports.report import Report
from actions.reports.table import Column, Shown, Speech, Table

MEDIA_TYPE = "application/pdf"
_SIZE, _HEAD, _SMALL = 9.0, 6.8, 7.5
_GAP = 3.0
_NAME = 0.34
"""Part of the width that the names of rows get; with one or two columns they get more."""
_NOTHING = 10.0


def report_pdf(report: Report, made_at: datetime.datetime) -> bytes:
    """The PDF. The same report made at the same time gives the same bytes."""
    sheet = Sheet(f"{report.title}, {report.subtitle}", made_at)
    sheet.set_lang(report.language)
    sheet.line_of(report.title, 17, ACCENT, bold=True)
    sheet.line_of(report.subtitle, 11, INK)
    sheet.line_of(report.hint, _SMALL, FAINT)
    sheet.ln(_GAP)
    for table in report.tables:
        _print(sheet, table, report.language)
    return bytes(sheet.output())


def _print(sheet: Sheet, table: Table, language: str) -> None:
    widths = _widths(sheet, table.columns)
    labels = [table.first, *(column.label for column in table.columns)]
    sheet.room_for(_NOTHING + _height(sheet, labels, widths) + 2 * _NOTHING)
    sheet.set_x(MARGIN)
    sheet.line_of(table.title, 12, ACCENT, bold=True)
    sheet.ln(1)
    for note in table.notes:
        sheet.set_x(MARGIN)
        sheet.line_of(note, _SMALL, FAINT)
    if not table.rows:
        sheet.set_x(MARGIN)
        sheet.line_of(Speech(language)("nothing"), _SIZE, FAINT)
        sheet.ln(_GAP)
        return
    _row(sheet, labels, widths, bold=True, size=_HEAD)
    largest = _largest(table)
    for name, places in table.rows:
        page = sheet.page
        sheet.room_for(2 * _height(sheet, [name, *(one.text for one in places)], widths))
        if sheet.page != page:
            _row(sheet, labels, widths, bold=True, size=_HEAD)
        _row(
            sheet, [name, *(one.text for one in places)], widths, bar=_part(table, places, largest)
        )
    if table.total:
        name, places = table.total
        _row(sheet, [name, *(one.text for one in places)], widths, bold=True)
    sheet.ln(2 * _GAP)


def _row(
    sheet: Sheet,
    texts: Sequence[str],
    widths: Sequence[float],
    *,
    bold: bool = False,
    bar: float = 0.0,
    size: float = _SIZE,
) -> None:
    """Prints a row and a line below it, on one page. `bar`: part of the first number's width that
    is tinted."""
    height = _height(sheet, texts, widths, bold=bold, size=size)
    sheet.room_for(height)
    top, left = sheet.get_y(), MARGIN
    if bar:
        sheet.set_fill_color(*TINT)
        width = widths[1] * bar
        sheet.rect(left + widths[0] + widths[1] - width, top, width, height - 0.4, style="F")
    for place, (text, width) in enumerate(zip(texts, widths)):
        sheet.set_xy(left, top + 0.6)
        if text:
            colour = FAINT if bold and place else INK
            align = "R" if place else "L"
            sheet.line_of(text, size, colour, bold=bold, align=align, width=width)
        left += width
    sheet.rule(top + height)
    sheet.set_xy(MARGIN, top + height + 0.3)


def _height(
    sheet: Sheet,
    texts: Sequence[str],
    widths: Sequence[float],
    *,
    bold: bool = True,
    size: float = _SIZE,
) -> float:
    heights = [
        sheet.height_of(text, size, width, bold=bold) for text, width in zip(texts, widths) if text
    ]
    return max(heights, default=0.0) + 1.2


def _widths(sheet: Sheet, columns: Sequence[Column]) -> list[float]:
    whole = sheet.w - 2 * MARGIN
    name = whole * max(_NAME, 0.8 - 0.16 * len(columns))
    return [name, *[(whole - name) / len(columns)] * len(columns)]


def _largest(table: Table) -> float:
    place = _barred(table)
    values = [places[place].value or 0 for _, places in table.rows] if place is not None else []
    return max(values, default=0.0)


def _part(table: Table, places: Sequence[Shown], largest: float) -> float:
    """Of the first column only: there is room for one."""
    value = places[0].value if _barred(table) == 0 else None
    return value / largest if value and largest else 0.0


def _barred(table: Table) -> int | None:
    return next((place for place, column in enumerate(table.columns) if column.bar), None)
