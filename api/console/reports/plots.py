"""Plots of a report's tables as SVG, without styles of their own: classes take the page's colours.

What is hidden in a table has no bar. The table beside a plot says the same in numbers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup, escape

from nlu.svg import Frame, line, svg, text

_MOST = 12
_ROW, _LABEL, _WIDTH = 24.0, 190.0, 560.0
_LETTERS = 26
"""Letters of a label; the table has it whole."""


def plot(table: Mapping[str, Any]) -> Markup | None:
    """The plot of a table as the action server gives it; None where there is nothing to draw."""
    place = next((at for at, (_, drawn) in enumerate(table["columns"]) if drawn), None)
    if place is None or not table["plot"]:
        return None
    rows = [(name, *shown[place]) for name, shown in table["rows"]]
    drawn = [row for row in rows if row[2]]
    if not drawn:
        return None
    label = f"{table['title']}: {table['columns'][place][0]}"
    return _columns(rows, label) if table["plot"] == "columns" else _bars(drawn[:_MOST], label)


def _bars(rows: Sequence[tuple[str, str, float]], label: str) -> Markup:
    """Lying bars, one below the other."""
    height = _ROW * len(rows) + 8
    largest = max(value for _, _, value in rows)
    frame = Frame(_LABEL, 4, _WIDTH - _LABEL - 70, height - 8, x=(0, largest))
    parts = []
    for number, (name, shown, value) in enumerate(rows):
        top = 4 + number * _ROW
        end = frame.at(value, 0)[0]
        parts.append(text((_LABEL - 8, top + 16), _short(name), "end"))
        parts.append(_rect(_LABEL, top + 4, end - _LABEL, _ROW - 8, f"{name}: {shown}"))
        parts.append(text((end + 6, top + 16), shown, "start"))
    return svg(_WIDTH, height, label, parts, "bars")


def _columns(rows: Sequence[tuple[str, str, float | None]], label: str) -> Markup:
    """Days that follow each other, from left to right."""
    largest = max(value or 0 for _, _, value in rows)
    frame = Frame(56, 16, _WIDTH - 66, 170, x=(0, len(rows)), y=(0, largest))
    parts = [line(frame.at(0, 0), frame.at(len(rows), 0), "grid")]
    parts.append(line(frame.at(0, largest), frame.at(len(rows), largest), "grid"))
    most = next(shown for _, shown, value in rows if value == largest)
    parts += [text((50, 20), most, "end"), text((50, 190), "0", "end")]
    gap = min(3.0, frame.width / len(rows) / 4)
    for number, (name, shown, value) in enumerate(rows):
        left, top = frame.at(number, value or 0)
        width, foot = frame.width / len(rows) - gap, frame.at(0, 0)[1]
        parts.append(_rect(left + gap / 2, top, width, foot - top, f"{name}: {shown}"))
    first, last = rows[0][0], rows[-1][0]
    parts.append(text((frame.left, 208), first, "start"))
    if last != first:
        parts.append(text((frame.left + frame.width, 208), last, "end"))
    return svg(_WIDTH, 216, label, parts, "columns")


def _rect(left: float, top: float, width: float, height: float, told: str) -> str:
    place = (
        f'x="{left:.1f}" y="{top:.1f}" width="{max(width, 0):.1f}" height="{max(height, 0):.1f}"'
    )
    return f'<rect class="bar" {place}><title>{escape(told)}</title></rect>'


def _short(name: str) -> str:
    return name if len(name) <= _LETTERS else f"{name[: _LETTERS - 1]}…"
