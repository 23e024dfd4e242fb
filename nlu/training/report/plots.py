"""Plots as inline SVG. Colours are CSS classes of the page, so that they follow light and dark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log10

from markupsafe import Markup, escape

from nlu.svg import Frame, line, svg, text
from nlu.training.metrics import wilson


def percent(share: float) -> str:
    """97.1 %, 3 %, 100 %."""
    shown = f"{100 * share:.1f}"
    return f"{shown.removesuffix('.0')} %"


def _axes(frame: Frame, across: Sequence[float], up: Sequence[float], words: str) -> list[str]:
    parts = []
    for value in up:
        parts.append(line(frame.at(frame.x[0], value), frame.at(frame.x[1], value), "grid"))
        x, y = frame.at(frame.x[0], value)
        parts.append(text((x - 6, y + 4), percent(value), "end"))
    for value in across:
        x, y = frame.at(value, frame.y[0])
        parts.append(text((x, y + 16), f"{value:g}"))
    middle = frame.left + frame.width / 2
    parts.append(text((middle, frame.top + frame.height + 34), words, kind="name"))
    return parts


@dataclass(frozen=True)
class Wording:
    """The words of a reliability diagram; `point` has `rows`, `claimed` and `right` in braces."""

    title: str = "Reliability diagram: share right over confidence"
    across: str = "confidence"
    below: str = "messages in each bin"
    point: str = "{rows} messages: claimed {claimed}, right {right}"


ENGLISH = Wording()


def reliability(bins: Sequence[Mapping[str, float]], words: Wording = ENGLISH) -> Markup:
    """Share that was right over confidence, with 95 % intervals; how many messages beneath.

    `bins` as `seva evaluate --json` has them under `calibration`. The lower bars are logarithmic:
    most messages are in the last bin.
    """
    frame = Frame(56, 14, 350, 300)
    parts = _axes(frame, [0, 0.2, 0.4, 0.6, 0.8, 1], [0, 0.2, 0.4, 0.6, 0.8, 1], words.across)
    parts.append(line(frame.at(0, 0), frame.at(1, 1), "ideal"))
    below = Frame(56, 372, 350, 70)
    largest = max([1.0, *(b["rows"] for b in bins)])
    for one in bins:
        rows = int(one["rows"])
        if not rows:
            continue
        low, high = wilson(round(one["right"] * rows), rows)
        x, y = frame.at(one["confidence"], one["right"])
        parts.append(
            line(frame.at(one["confidence"], low), frame.at(one["confidence"], high), "whisker")
        )
        told = words.point.format(
            rows=rows, claimed=percent(one["confidence"]), right=percent(one["right"])
        )
        radius = 3.5 + 4.5 * log10(1 + rows) / log10(1 + largest)
        parts.append(
            f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}">'
            f"<title>{escape(told)}</title></circle>"
        )
        tall = below.height * log10(1 + rows) / log10(1 + largest)
        start, end = below.at(one["low"], 0)[0] + 1, below.at(one["high"], 0)[0] - 1
        foot = below.top + below.height
        parts.append(
            f'<rect class="bar" x="{start:.1f}" y="{foot - tall:.1f}" '
            f'width="{end - start:.1f}" height="{tall:.1f}"><title>{escape(told)}</title></rect>'
        )
        parts.append(text(((start + end) / 2, foot - tall - 4), str(rows), kind="tick small"))
    parts.append(text((below.left + below.width / 2, 462), words.below, kind="name"))
    return svg(420, 470, words.title, parts, "square")


@dataclass(frozen=True)
class Curve:
    """One line of a sweep: (threshold, share) points, its name and its CSS class."""

    name: str
    kind: str
    points: Sequence[tuple[float, float]]


def sweep(curves: Sequence[Curve], current: float, words: str) -> Markup:
    """Lines over a threshold, the value in use marked, names at their right ends."""
    top = max([0.02, *(y for c in curves for _, y in c.points)])
    step = next(s for s in (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if top / s <= 5.5)
    ticks = [i * step for i in range(int(top / step) + 2)]
    xs = [x for x, _ in curves[0].points]
    frame = Frame(46, 14, 258, 230, (min(xs), max(xs)), (0.0, ticks[-1]))
    across = [x for x in (0, 0.2, 0.4, 0.6, 0.8, 1) if frame.x[0] <= x <= frame.x[1]]
    parts = _axes(frame, across, ticks, words)
    here = frame.at(current, 0)[0]
    parts.append(line((here, frame.top), (here, frame.top + frame.height), "current"))
    labels: list[tuple[float, Curve]] = []
    for curve in curves:
        path = " ".join("{:.1f},{:.1f}".format(*frame.at(x, y)) for x, y in curve.points)
        parts.append(f'<polyline class="curve {curve.kind}" points="{path}"/>')
        labels.append((frame.at(*curve.points[-1])[1], curve))
    for y, curve in _apart(labels, 15, frame.top + frame.height):
        x = frame.left + frame.width + 6
        parts.append(text((x, y + 4), curve.name, "start", f"label {curve.kind}"))
    return svg(420, 286, f"Outcomes over {words}", parts, "wide")


def _apart(
    labels: list[tuple[float, Curve]], least: float, bottom: float
) -> list[tuple[float, Curve]]:
    """Moves labels up until they are `least` apart and none is below `bottom`."""
    placed: list[tuple[float, Curve]] = []
    limit = bottom
    for y, curve in sorted(labels, key=lambda label: -label[0]):
        y = min(y, limit)
        placed.append((y, curve))
        limit = y - least
    return placed


def interval(share: float, around: Sequence[float], start: float) -> Markup:
    """A share with its interval on a scale from `start` to 1, small enough for a table cell."""
    frame = Frame(4, 0, 112, 20, (start, 1.0))
    low, high = around
    y = 10.0
    parts = [
        line((frame.left, y), (frame.left + frame.width, y), "grid"),
        line((frame.at(low, 0)[0], y), (frame.at(high, 0)[0], y), "whisker thick"),
        f'<circle class="dot" cx="{frame.at(share, 0)[0]:.1f}" cy="{y:g}" r="4.5"/>',
    ]
    title = f"{percent(share)}, 95 % interval {percent(low)} to {percent(high)}"
    return svg(120, 20, title, parts, "cell")
