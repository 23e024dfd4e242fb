"""Machines found on few of the rows are those found on all of them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import sparse

from nlu.classifier.hinge import Settings, solve

ROWS, LABELS = 900, 12
CLOSE = 1e-4  # so that two solutions may differ by little


@pytest.fixture(scope="module")
def rows() -> sparse.csr_matrix:
    """A dense part that leans towards a row's label, and rare columns of which some do."""
    random = np.random.default_rng(5)
    place = np.arange(ROWS) % LABELS
    dense = random.normal(size=(LABELS, 16))[place] + random.normal(size=(ROWS, 16))
    leaning = np.arange(600) % LABELS == place[:, None]
    rare = random.random((ROWS, 600)) < np.where(leaning, 0.1, 0.01)
    return sparse.csr_matrix(np.hstack([dense, rare]).astype(np.float32) * 0.5)


@pytest.fixture(scope="module")
def place() -> np.ndarray:
    return np.arange(ROWS) % LABELS


@pytest.fixture(scope="module")
def whole(rows, place) -> np.ndarray:
    """Every machine on every row."""
    return solve(rows, own(place), Settings(tolerance=CLOSE, exact_rows=ROWS))


def own(place: np.ndarray) -> np.ndarray:
    """Which rows have which label."""
    return place[:, None] == np.arange(LABELS)


def scores(weights: np.ndarray, rows: sparse.csr_matrix) -> np.ndarray:
    return rows @ weights[:, :-1].T + weights[:, -1]


def test_machines_know_their_own_rows(rows, place, whole) -> None:
    """And are sure of what they learned: beyond zero on the right side."""
    assert whole.shape == (LABELS, rows.shape[1] + 1) and whole.dtype == np.float32
    found = scores(whole, rows)
    assert (found.argmax(axis=1) == place).all()


@pytest.mark.parametrize("near", [60, 200])
def test_a_part_of_the_rows_is_enough(rows, place, whole, near: int) -> None:
    """What is left out lies well beyond the margin and changes nothing."""
    settings = Settings(tolerance=CLOSE, exact_rows=0, near=near, slack=0.1, workers=1)
    part = solve(rows, own(place), settings)
    assert scores(part, rows) == pytest.approx(scores(whole, rows), abs=0.02)


@pytest.mark.parametrize("near", [60, 200])
def test_no_slack_and_a_loose_tolerance_change_little(rows, place, whole, near: int) -> None:
    """As trained by default: single scores move, what a row is taken for does not."""
    part = solve(rows, own(place), Settings(exact_rows=0, near=near, workers=1))
    apart = np.abs(scores(part, rows) - scores(whole, rows))
    assert np.mean(apart) < 0.02
    same = scores(part, rows).argmax(axis=1) == scores(whole, rows).argmax(axis=1)
    assert same.mean() > 0.99


def test_processes_change_nothing(rows, place) -> None:
    """The same bytes from one process and from two."""
    one, two = (
        solve(rows, own(place), Settings(exact_rows=0, near=100, workers=workers))
        for workers in (1, 2)
    )
    assert one.tobytes() == two.tobytes()


def test_rows_that_are_right_anyway_do_not_count(rows, place, whole) -> None:
    """Unlike least squares: a row far on the right side may be there ten times."""
    found = scores(whole, rows)
    side = np.where(own(place), 1.0, -1.0)
    first = np.argmax((side * found).min(axis=1))
    assert (side * found)[first].min() > 1.0
    again = sparse.vstack([rows, *[rows[first]] * 10]).tocsr()
    labels = np.r_[place, [place[first]] * 10]
    repeated = solve(again, own(labels), Settings(tolerance=CLOSE, exact_rows=2 * ROWS))
    assert scores(repeated, rows) == pytest.approx(found, abs=0.02)
