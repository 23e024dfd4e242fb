"""Sweeps of a threshold: HINT3's three measures, on answers small enough to count by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.rejection import THRESHOLDS, at_threshold, best, sweep

NO = "NO_NODES_DETECTED"
TRUTH = ["emi", "emi", "cod", NO, NO, NO]
FOUND = ["emi", "cod", "cod", "emi", "cod", "cod"]
CONFIDENCE = np.asarray([0.9, 0.4, 0.55, 0.35, 0.15, 0.6])


@pytest.mark.parametrize(
    "threshold, in_scope, recall",
    [
        (0.1, 2 / 3, 0.0),
        (0.2, 2 / 3, 1 / 3),
        (0.5, 2 / 3, 2 / 3),
        (0.6, 1 / 3, 2 / 3),
        (0.9, 1 / 3, 1),
    ],
)
def test_shares_of_each_half(threshold: float, in_scope: float, recall: float) -> None:
    """A confidence of exactly the threshold is kept, as the authors' `<` does."""
    point = at_threshold(TRUTH, FOUND, CONFIDENCE, NO, threshold)
    assert point.in_scope_accuracy == pytest.approx(in_scope)
    assert point.oos_recall == pytest.approx(recall)


def test_matthews_counts_no_intent_as_a_class() -> None:
    """Of three classes: (right * all - chance) over both deviations (Gorodkin 2004)."""
    kept = [f if c >= 0.5 else NO for f, c in zip(FOUND, CONFIDENCE)]
    classes = ["emi", "cod", NO]
    actual = [TRUTH.count(c) for c in classes]
    predicted = [kept.count(c) for c in classes]
    right, n = sum(t == k for t, k in zip(TRUTH, kept)), len(TRUTH)
    chance = sum(a * p for a, p in zip(actual, predicted))
    spread = math.sqrt(
        (n * n - sum(p * p for p in predicted)) * (n * n - sum(a * a for a in actual))
    )
    expected = (right * n - chance) / spread
    assert at_threshold(TRUTH, FOUND, CONFIDENCE, NO, 0.5).matthews == pytest.approx(expected)


def test_sweep_has_the_published_thresholds_and_a_best_point() -> None:
    points = sweep(TRUTH, FOUND, CONFIDENCE, NO)
    assert tuple(p.threshold for p in points) == THRESHOLDS
    assert best(points).matthews == max(p.matthews for p in points)
    assert best(points).threshold == 0.4


def test_recall_is_none_where_everything_is_in_scope() -> None:
    """Cross-validation on a training set has no message without an intent."""
    point = at_threshold(["emi", "cod"], ["emi", "cod"], np.asarray([0.05, 0.5]), NO, 0.1)
    assert point.oos_recall is None
    assert point.in_scope_accuracy == 0.5
