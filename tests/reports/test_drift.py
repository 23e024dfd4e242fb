"""Two weeks held against each other."""

from __future__ import annotations

import pytest

from actions.reports.drift import OTHERS, drift
from nlu.suppression import partition


def test_the_same_shares_have_no_distance() -> None:
    found = drift(partition({"a": 50, "b": 50}), partition({"a": 100, "b": 100}))
    assert found.distance == 0
    assert found.by_chance == pytest.approx(0.0489, abs=0.001)


def test_the_distance_is_the_part_that_would_have_to_change() -> None:
    found = drift(partition({"a": 80, "b": 20}), partition({"a": 50, "b": 20, "c": 30}))
    assert found.distance == pytest.approx(0.3)
    assert [(one.name, round(one.change, 2)) for one in found.shifts] == [
        ("a", -0.3),
        ("c", 0.3),
        ("b", 0.0),
    ]


def test_what_is_hidden_in_a_week_is_among_the_others_in_both() -> None:
    found = drift(partition({"a": 80, "b": 20, "c": 30}), partition({"a": 80, "b": 20, "c": 2}))
    names = {one.name for one in found.shifts}
    assert names == {"a", OTHERS}
    assert sum(one.now for one in found.shifts) == pytest.approx(1)


def test_a_week_with_too_few_is_not_compared() -> None:
    found = drift(partition({"a": 3}), partition({"a": 100}))
    assert found.distance is None and not found.shifts
