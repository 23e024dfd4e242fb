"""Intervals as small pictures for cells of a table."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from nlu.svg import Frame, line, svg


def signed(value: float) -> str:
    """+0.4, -1.2: percentage points."""
    return f"{100 * value:+.1f}"


def gain(around: Sequence[float], widest: float, title: str) -> Markup:
    """A gain with its interval, [mean, low, high], beside the line of no change; `widest` is the
    value at both ends."""
    frame = Frame(4, 0, 132, 20, (-widest, widest))
    mean, low, high = around
    sure = "worse" if high < 0 else "better" if low > 0 else "same"
    y = 10.0
    zero = frame.at(0, 0)[0]
    parts = [
        line((frame.left, y), (frame.left + frame.width, y), "grid"),
        line((zero, 2), (zero, 18), "zero"),
        line((frame.at(low, 0)[0], y), (frame.at(high, 0)[0], y), f"whisker thick {sure}"),
        f'<circle class="dot {sure}" cx="{frame.at(mean, 0)[0]:.1f}" cy="{y:g}" r="4.5"/>',
    ]
    return svg(140, 20, title, parts, "cell")


def widest(gains: Sequence[Sequence[float]]) -> float:
    """The ends of a scale that all intervals fit in, symmetrical."""
    return max([0.01, *(abs(value) for one in gains for value in one)]) * 1.05
