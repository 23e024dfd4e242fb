"""Reliability bins and calibration error, on certainties that can be checked in the head."""

from __future__ import annotations

import pytest

from nlu.training.calibration import BINS, calibration_error, reliability, summary


@pytest.mark.parametrize(
    ("certainty", "error"),
    [
        ([(0.8, True)] * 8 + [(0.8, False)] * 2, 0.0),
        ([(1.0, False)] * 4, 1.0),
        ([(0.9, True)] * 5 + [(0.9, False)] * 5, 0.4),
        ([(0.95, True)] * 9 + [(0.35, True)], 0.11),
        ([], 0.0),
    ],
)
def test_calibration_error(certainty: list[tuple[float, bool]], error: float) -> None:
    """Distance between what was claimed and what came true, weighed by how often."""
    assert calibration_error(certainty) == pytest.approx(error, abs=1e-3)


def test_bins_have_equal_width_and_hold_every_message() -> None:
    """0 and 1 are messages too."""
    bins = reliability([(0.0, False), (1 / BINS, True), (0.5, True), (1.0, True)])
    assert len(bins) == BINS
    assert {round(b.high - b.low, 9) for b in bins} == {round(1 / BINS, 9)}
    assert [b.rows for b in bins if b.rows] == [2, 1, 1]
    assert (bins[0].confidence, bins[0].right) == (pytest.approx(1 / BINS / 2), 0.5)
    assert bins[-1].right == 1.0


def test_summary_says_how_it_was_binned() -> None:
    """A calibration error without its bins cannot be compared."""
    assert summary([(0.9, True)])["binning"] == "15 bins of equal width"
