"""Weights as int8: small, and close to what they were."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from nlu.classifier.linear import Int8Rows

WEIGHTS = np.random.default_rng(1).normal(size=(300, 70)).astype(np.float32)


def test_rows_are_a_quarter_of_float32() -> None:
    """Beside one scale a row."""
    kept = Int8Rows.of(WEIGHTS, block=64)
    assert kept.values.nbytes == WEIGHTS.nbytes // 4


def test_rounding_is_bounded_by_the_largest_of_a_row() -> None:
    """Half a step of 1/127, in every block."""
    kept = Int8Rows.of(WEIGHTS, block=64)
    off = np.abs(kept.values * kept.scales[:, None] - WEIGHTS)
    assert (off <= np.abs(WEIGHTS).max(axis=1, keepdims=True) / 253).all()


def test_a_row_of_zeros_stays_zero() -> None:
    """Nothing is divided by its scale of 0."""
    kept = Int8Rows.of(np.zeros((2, 3), np.float32))
    assert kept.weighted_sum(np.asarray([0, 1]), np.ones(2)).tolist() == [0, 0, 0]


def test_weighted_sum_equals_product() -> None:
    """One message and many are the same sum, near that of the floats."""
    kept = Int8Rows.of(WEIGHTS)
    rows = sparse.random(5, 300, density=0.1, format="csr", random_state=2, dtype=np.float32)
    together = kept.product(rows, block=16)
    assert together == pytest.approx(rows @ WEIGHTS, abs=0.1)
    for i in range(5):
        assert kept.weighted_sum(rows[i].indices, rows[i].data) == pytest.approx(
            together[i], abs=1e-4
        )
