"""Solving in steps finds what the matrix inverse finds."""

from __future__ import annotations

import logging

import numpy as np
import pytest
from scipy import sparse

from nlu.classifier import conjugate_gradient, exact
from nlu.classifier.conjugate_gradient import Settings
from nlu.classifier.linear import fit

ROWS, TOPICS = 400, 8
LABELS = [f"service_{i * TOPICS // ROWS}" for i in range(ROWS)]


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, sparse.csr_matrix]:
    """Vectors that lie around one direction, as sentence vectors do, and n-grams of which some
    are in most rows; both lean towards a row's topic."""
    random = np.random.default_rng(5)
    topic = np.arange(ROWS) * TOPICS // ROWS
    centres = random.normal(size=(TOPICS, 16))
    dense = 3.0 + centres[topic] + random.normal(size=(ROWS, 16))
    common = random.random((ROWS, 10)) < 0.7
    rare = random.random((ROWS, 600)) < np.where(
        np.arange(600) % TOPICS == topic[:, None], 0.1, 0.01
    )
    hashed = sparse.csr_matrix(np.hstack([common, rare]).astype(np.float32) * 0.3)
    return dense.astype(np.float32), hashed


@pytest.fixture(scope="module")
def problem(rows) -> tuple[np.ndarray, np.ndarray]:
    """Targets +1/-1 and a ridge that differs from row to row."""
    names = np.unique(LABELS)
    target = np.where(np.asarray(LABELS)[:, None] == names[None], 1.0, -1.0).astype(np.float32)
    return target, 0.5 + np.arange(ROWS) / ROWS


def test_steps_find_what_the_inverse_finds(rows, problem) -> None:
    """To the tolerance asked for, in what the model would say about each row."""
    target, ridge = problem
    expected = exact.solve(rows, target, ridge)
    found = conjugate_gradient.solve(rows, target, ridge, Settings(landmarks=40, tolerance=1e-4))
    assert ridge[:, None] * found.alpha == pytest.approx(ridge[:, None] * expected.alpha, abs=5e-3)


def test_fewer_landmarks_find_the_same(rows, problem) -> None:
    """They are a guide: they change the number of steps only."""
    target, ridge = problem
    few, many = (
        conjugate_gradient.solve(rows, target, ridge, Settings(landmarks, 1e-4, steps=400))
        for landmarks in (5, 200)
    )
    assert few.alpha == pytest.approx(many.alpha, abs=5e-3)


def test_diagonal_is_estimated_without_bias(rows, problem) -> None:
    """Its mean over the rows is right within a percent; each row within the stated error."""
    target, ridge = problem
    expected = exact.solve(rows, target, ridge).inverse_diagonal
    found = conjugate_gradient.solve(
        rows, target, ridge, Settings(landmarks=40, tolerance=1e-3, probes=256)
    ).inverse_diagonal
    assert found.mean() == pytest.approx(expected.mean(), rel=0.01)
    assert np.abs(found / expected - 1).mean() < 0.05


def test_too_few_steps_are_reported(rows, problem, caplog) -> None:
    """Training goes on with what there is, and says so."""
    target, ridge = problem
    with caplog.at_level(logging.WARNING):
        found = conjugate_gradient.solve(
            rows, target, ridge, Settings(landmarks=5, tolerance=1e-6, steps=1)
        )
    assert np.isfinite(found.alpha).all()
    assert "landmarks" in caplog.text


@pytest.mark.parametrize("balance", [0.0, 0.4])
def test_fit_decides_alike_on_both_ways(rows, balance: float) -> None:
    """Left-out scores and models of the two solvers rank the same label first."""
    one = fit(rows, LABELS, ridge=0.7, balance=balance)
    other = fit(
        rows, LABELS, ridge=0.7, balance=balance, exact_rows=0, gradient=Settings(landmarks=40)
    )
    same = one.left_out.argmax(axis=1) == other.left_out.argmax(axis=1)
    assert same.mean() > 0.97
    assert other.model.dense_weights == pytest.approx(one.model.dense_weights, abs=0.02)
