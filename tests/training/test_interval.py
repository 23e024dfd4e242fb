"""Wilson intervals, worked out by hand: at 0 of 10 it is z²/(10 + z²) = 3.8415/13.8415."""

from __future__ import annotations

import pytest

from nlu.training.metrics import wilson


@pytest.mark.parametrize(
    ("right", "rows", "interval"),
    [
        (0, 0, [0.0, 1.0]),
        (0, 10, [0.0, 0.2775]),
        (10, 10, [0.7225, 1.0]),
        (5, 10, [0.2366, 0.7634]),
        (98, 105, [0.8687, 0.9673]),
    ],
)
def test_wilson_interval(right: int, rows: int, interval: list[float]) -> None:
    """It stays inside 0 to 1, and is not a point where all were right."""
    assert wilson(right, rows) == pytest.approx(interval, abs=2e-4)


def test_wilson_interval_narrows_with_messages() -> None:
    """Ten times the messages, a third of the width."""
    few, many = wilson(9, 10), wilson(900, 1000)
    assert many[1] - many[0] < (few[1] - few[0]) / 5
