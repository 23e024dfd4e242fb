"""When a curve reaches what is wanted, and the page of the curves."""

from __future__ import annotations

import re

import pytest

from benchmarks.active_learning import lines, page, reached
from benchmarks.curves import curves_page


@pytest.mark.parametrize(
    "accuracy, wanted, labels",
    [
        ((0.5, 0.6, 0.8), 0.7, 250.0),
        ((0.5, 0.6, 0.8), 0.5, 100.0),
        ((0.5, 0.6, 0.8), 0.8, 300.0),
        ((0.5, 0.6, 0.8), 0.9, None),
        ((0.5, 0.7, 0.6), 0.65, 175.0),
    ],
)
def test_where_a_curve_reaches(accuracy, wanted, labels) -> None:
    found = reached((100, 200, 300), accuracy, wanted)
    assert found == (labels if labels is None else pytest.approx(labels))


def test_table_and_page() -> None:
    row = {"scored": 9, "random": [0.5, 0.7], "chosen": [0.5, 0.8], "needed": [167], "share": 0.835}
    document = {
        "split": "dev",
        "sizes": [100, 200],
        "draws": 1,
        "languages": {"te-IN": row},
        "machine": {},
    }
    told = "\n".join(lines(document))
    assert "70.0 / 80.0" in told and "missed" in told and "83.5" in told
    made = page(document)
    assert made.count("<polyline") == 2 and "te-IN" in made


@pytest.mark.parametrize("random, chosen", [(0.8, 0.84), (0.84, 0.8), (0.8, 0.801), (0.8, 0.8)])
def test_names_stand_beside_their_curves(random: float, chosen: float) -> None:
    """In the order of the curves' ends, and not over each other."""
    curves = {"random": [(0, 0.5), (1, random)], "chosen": [(0, 0.5), (1, chosen)]}
    made = curves_page("title", "x", "y", {"te": curves})
    placed = re.findall(r'y="([\d.]+)" text-anchor="start">(random|chosen)<', made)
    height = {name: float(y) for y, name in placed}
    ends = [float(y) for y in re.findall(r',([\d.]+)"/>', made)]
    if abs(ends[0] - ends[1]) > 16:
        assert [height["random"] - 4, height["chosen"] - 4] == ends
    assert abs(height["random"] - height["chosen"]) >= 16
