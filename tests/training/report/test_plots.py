"""The SVGs are well-formed, stay inside their frames and say in words what they draw."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from nlu.training.calibration import summary
from nlu.training.report.plots import Curve, Frame, interval, percent, reliability, sweep


def tags(svg: str, name: str) -> list[ElementTree.Element]:
    """Elements of a name."""
    return list(ElementTree.fromstring(svg).iter(name))


def test_frame_has_its_origin_at_the_lower_left() -> None:
    """SVG counts downwards."""
    frame = Frame(10, 20, 100, 50, (0, 1), (0, 2))
    assert frame.at(0, 0) == (10, 70) and frame.at(1, 2) == (110, 20)


def test_reliability_draws_a_dot_for_each_bin_with_messages() -> None:
    """On the diagonal where a confidence is what it says; empty bins draw nothing."""
    pairs = [(0.5, True), (0.5, False), *[(0.95, True)] * 19, (0.95, False)]
    svg = reliability(summary(pairs)["bins"])
    dots = tags(svg, "circle")
    assert len(dots) == len(tags(svg, "rect")) == 2
    for dot, value in zip(dots, (0.5, 0.95)):
        x, y = Frame(56, 14, 350, 300).at(value, value)
        assert float(dot.get("cx", 0)) == pytest.approx(x, abs=0.1)
        assert float(dot.get("cy", 0)) == pytest.approx(y, abs=0.1)
    assert tags(svg, "title")[0].text == "2 messages: claimed 50 %, right 50 %"


def test_reliability_without_messages_is_still_a_plot() -> None:
    """An empty file is refused earlier, but a key may have none."""
    assert not tags(reliability(summary([])["bins"]), "circle")


def test_sweep_marks_the_value_in_use_and_names_every_curve() -> None:
    """Labels do not lie on each other, and none below the plot."""
    flat = [(i / 10, 0.01) for i in range(11)]
    curves = [Curve(n, n, flat) for n in ("ask", "wrong", "refuse", "accept")]
    svg = sweep(curves, 0.6, "route")
    assert len(tags(svg, "polyline")) == 4
    (line,) = [x for x in tags(svg, "line") if x.get("class") == "current"]
    assert float(line.get("x1", 0)) == pytest.approx(46 + 0.6 * 258, abs=0.1)
    labels = [t for t in tags(svg, "text") if "label" in str(t.get("class"))]
    heights = sorted(float(label.get("y", 0)) for label in labels)
    assert [label.text for label in labels].count("ask") == 1
    assert all(b - a >= 14.9 for a, b in pairwise(heights))
    assert heights[-1] <= 14 + 230 + 5


@pytest.mark.parametrize("top", [0.0, 0.004, 0.03, 0.2, 1.0])
def test_sweep_scale_holds_every_point(top: float) -> None:
    """Whatever the highest share."""
    svg = sweep([Curve("a", "ask", [(0.0, 0.0), (1.0, top)])], 0.5, "reject")
    (line,) = tags(svg, "polyline")
    ys = [float(p.split(",")[1]) for p in str(line.get("points")).split()]
    assert all(14 - 0.1 <= y <= 244 + 0.1 for y in ys)


def test_interval_is_told_in_words() -> None:
    """For who cannot see it."""
    svg = interval(0.971, [0.9193, 0.9902], 0.9)
    told = ElementTree.fromstring(svg).get("aria-label")
    assert told == "97.1 %, 95 % interval 91.9 % to 99 %"


@pytest.mark.parametrize(
    ("share", "shown"), [(0, "0 %"), (1, "100 %"), (0.9714, "97.1 %"), (0.1, "10 %")]
)
def test_percent(share: float, shown: str) -> None:
    """One decimal where there is one."""
    assert percent(share) == shown
