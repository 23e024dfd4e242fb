"""The plots of a run, as inline SVG."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from markupsafe import Markup, escape

from nlu.svg import Frame, line, svg, text

Points = Sequence[tuple[float, float]]
_LEFT, _TOP, _WIDTH, _HEIGHT = 64, 12, 560, 220
_STEPS = (1, 2, 5)
_NINES = (0, 50, 90, 99, 99.9, 99.99)


def latency(rows: Sequence[dict[str, Any]], end: float, ramp: float) -> Markup:
    """Answer times over the moment when messages were due; the ramp is marked."""
    curves = [
        (name, name, [(_middle(row), row["answer_ms"][name]) for row in rows if row["answer_ms"]])
        for name in ("p50", "p95", "p99")
    ]
    return _plot("Time to the answer", "seconds of the run", end, curves, milliseconds, mark=ramp)


def throughput(rows: Sequence[dict[str, Any]], end: float, ramp: float) -> Markup:
    """Messages a second: meant to be sent, and answered."""
    curves = [
        (
            name,
            kind,
            [(_middle(row), row[name] / (row["to"] - row["from"])) for row in rows],
        )
        for name, kind in (("sent", "p95"), ("answered", "p50"))
    ]
    return _plot("Messages a second", "seconds of the run", end, curves, _plain, mark=ramp)


def queue(rows: Sequence[dict[str, Any]], end: float, ramp: float) -> Markup:
    """Messages that were due and had no answer yet."""
    points = [(row["to"], float(row["waiting"])) for row in rows if row["to"] <= end]
    curves = [("waiting", "p99", points)]
    return _plot("Messages without an answer", "seconds of the run", end, curves, _plain, mark=ramp)


def percentile_curve(answer: Points, accept: Points) -> Markup:
    """Time within which a share of the messages was taken and answered. Each further nine has as
    much room as the last, and the times are logarithmic: what few people see is seen here."""
    shares = [share for share, _ in (*answer, *accept)]
    most = max(shares, default=0.0)
    last = next((nine for nine in _NINES if nine >= most), _NINES[-1])
    curves = [
        (name, kind, [(_nines(share), max(value, 1.0)) for share, value in points])
        for name, kind, points in (("answered", "p50", answer), ("accepted", "p95", accept))
    ]
    values = [y for _, _, points in curves for _, y in points] or [1.0, 10.0]
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)) + 1e-9)
    frame = Frame(
        _LEFT, _TOP, _WIDTH, _HEIGHT, (0.0, _nines(last) or 1.0), (low, max(high, low + 1))
    )
    parts = []
    for power in range(low, max(high, low + 1) + 1):
        parts += _level(frame, power, milliseconds(10.0**power))
    for nine in _NINES[: _NINES.index(last) + 1]:
        x, y = frame.at(_nines(nine), frame.y[0])
        parts.append(text((x, y + 18), f"{nine:g} %", "middle" if nine else "start"))
    logs = [(name, kind, [(x, math.log10(y)) for x, y in points]) for name, kind, points in curves]
    parts += _curves(frame, logs)
    return _whole(frame, "Share of messages within a time", "share of the messages", parts)


def _nines(share: float) -> float:
    return -math.log10(1 - share / 100)


def _middle(row: dict[str, Any]) -> float:
    return float(row["from"] + row["to"]) / 2


def _plot(
    title: str,
    words: str,
    end: float,
    curves: Sequence[tuple[str, str, Points]],
    shown: Callable[[float], str],
    *,
    mark: float,
) -> Markup:
    largest = max([y for _, _, points in curves for _, y in points], default=1.0)
    step = _step(max(largest, 1e-9) / 4)
    top = step * math.ceil(max(largest, step) / step)
    frame = Frame(_LEFT, _TOP, _WIDTH, _HEIGHT, (0.0, max(end, 1.0)), (0.0, top))
    parts = []
    for number in range(round(top / step) + 1):
        parts += _level(frame, number * step, shown(number * step))
    across = _step(max(end, 1.0) / 6)
    for number in range(int(max(end, 1.0) / across) + 1):
        x, y = frame.at(number * across, 0)
        parts.append(text((x, y + 16), f"{number * across:g}"))
    if mark:
        x, _ = frame.at(min(mark, end), 0)
        parts.append(line((x, frame.top), (x, frame.top + frame.height), "current"))
        parts.append(text((x + 4, frame.top + 12), "ramp ends", "start", "tick small"))
    parts += _curves(frame, curves)
    return _whole(frame, title, words, parts)


def _curves(frame: Frame, curves: Sequence[tuple[str, str, Points]]) -> list[str]:
    parts, names = [], []
    for name, kind, points in curves:
        if not points:
            continue
        path = " ".join("{:.1f},{:.1f}".format(*frame.at(x, y)) for x, y in points)
        parts.append(f'<polyline class="curve {kind}" points="{path}"/>')
        names.append((frame.at(*points[-1])[1], name, kind))
    low = -math.inf
    for y, name, kind in sorted(names):
        low = max(y, low + 15)
        x = frame.left + frame.width + 8
        parts.append(text((x, low + 4), name, "start", f"label {kind}"))
    return parts


def _level(frame: Frame, value: float, words: str) -> list[str]:
    x, y = frame.at(frame.x[0], value)
    return [
        line((x, y), (frame.left + frame.width, y), "grid"),
        text((x - 6, y + 4), words, "end"),
    ]


def _whole(frame: Frame, title: str, words: str, parts: Sequence[str]) -> Markup:
    name = text((frame.left + frame.width / 2, frame.top + frame.height + 36), words, kind="name")
    return svg(710, frame.top + frame.height + 46, str(escape(title)), [*parts, name], "wide")


def _step(about: float) -> float:
    """1, 2 or 5 times a power of ten, the next above."""
    power = 10.0 ** math.floor(math.log10(about))
    return next((step * power for step in _STEPS if step * power >= about), 10 * power)


def milliseconds(value: float) -> str:
    """240 ms, 1.5 s."""
    return f"{value:g} ms" if value < 1000 else f"{value / 1000:.4g} s"


def _plain(value: float) -> str:
    return f"{value:g}"
