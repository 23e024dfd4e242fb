"""Curves as one HTML page: a plot for each name, a colour for each curve, light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from jinja2 import Environment
from markupsafe import Markup

import nlu
from nlu.svg import Frame, line, svg, text

Curve = Sequence[tuple[float, float]]
_STYLE = Path(nlu.__file__).parent / "training" / "report" / "style.css"
_WIDTH, _HEIGHT = 640.0, 360.0
_TICKS, _LINE = 5, 16.0
_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ title }}</title><style>{{ style }}
.plot polyline { fill: none; stroke-width: 2.5; stroke: #1f6feb; }
.plot polyline.second { stroke: #d1495b; }
</style></head><body><main><h1>{{ title }}</h1>
{% for name, plot in plots.items() %}<h2>{{ name }}</h2>{{ plot }}{% endfor %}
</main></body></html>
"""


def curves_page(title: str, across: str, up: str, plots: Mapping[str, Mapping[str, Curve]]) -> str:
    """A page with a plot for each entry of `plots`: curves of (x, y) by name, two at most."""
    drawn = {name: _plot(f"{title}, {name}", across, up, curves) for name, curves in plots.items()}
    page = Environment(autoescape=True).from_string(_PAGE)
    return page.render(title=title, plots=drawn, style=Markup(_STYLE.read_text("utf-8")))


def _plot(title: str, across: str, up: str, curves: Mapping[str, Curve]) -> Markup:
    points = [point for curve in curves.values() for point in curve]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    frame = Frame(60, 20, _WIDTH - 180, _HEIGHT - 80, (min(xs), max(xs)), (min(ys), max(ys)))
    parts, ends = list(_grid(frame)), []
    for number, (name, curve) in enumerate(curves.items()):
        places = [frame.at(x, y) for x, y in curve]
        told = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        parts.append(f'<polyline class="{"second" if number else "first"}" points="{told}"/>')
        ends.append((places[-1][1], places[-1][0], name))
    lowest = 0.0
    for y, x, name in sorted(ends):  # each beside its curve, and none over another
        lowest = max(y, lowest + _LINE)
        parts.append(text((x + 8, lowest + 4), name, "start"))
    parts.append(text((60 + frame.width / 2, _HEIGHT - 16), across))
    parts.append(text((60, 12), up, "start"))
    return svg(_WIDTH, _HEIGHT, title, parts, "curves")


def _grid(frame: Frame) -> Sequence[str]:
    found = []
    for tick in range(_TICKS + 1):
        share = tick / _TICKS
        x = frame.x[0] + share * (frame.x[1] - frame.x[0])
        y = frame.y[0] + share * (frame.y[1] - frame.y[0])
        left, right = frame.at(frame.x[0], y), frame.at(frame.x[1], y)
        found += [line(left, right, "grid"), text((left[0] - 6, left[1] + 4), f"{y:.2f}", "end")]
        found.append(text((frame.at(x, y)[0], frame.top + frame.height + 18), f"{x:.0f}"))
    return found
