"""Messages that are worth a label: doubtful ones, and not all alike."""

from __future__ import annotations

import numpy as np

from nlu.quality.selection import doubt, most_worth


def unit(rows: np.ndarray) -> np.ndarray:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_doubt_is_the_lack_of_a_lead() -> None:
    chances = np.array([[0.5, 0.5, 0.0], [1.0, 0.0, 0.0], [0.6, 0.1, 0.3]])
    assert doubt(chances).round(3).tolist() == [1.0, 0.0, 0.7]
    assert doubt(np.ones((3, 1))).tolist() == [0, 0, 0]


def test_what_is_sure_is_not_asked() -> None:
    rng = np.random.default_rng(1)
    vectors = unit(rng.normal(size=(200, 8)))
    lead = np.where(np.arange(200) < 150, 0.98, 0.02)
    chances = np.stack([(1 + lead) / 2, (1 - lead) / 2], axis=1)
    chosen = most_worth(vectors, chances, 5, pool=10)
    assert len(set(chosen.tolist())) == 5 and (chosen >= 150).all()


def test_not_ten_that_are_alike() -> None:
    """Forty of sixty doubtful messages say the same; doubt alone would take five of them."""
    rng = np.random.default_rng(2)
    centres = unit(rng.normal(size=(5, 16)))
    group = np.array([0] * 40 + [1] * 5 + [2] * 5 + [3] * 5 + [4] * 5)
    vectors = unit(centres[group] + 0.01 * rng.normal(size=(60, 16)))
    lead = np.where(group == 0, 0.0, 0.05)
    chances = np.stack([(1 + lead) / 2, (1 - lead) / 2], axis=1)
    assert set(group[most_worth(vectors, chances, 5, pool=12)]) == {0, 1, 2, 3, 4}
    assert set(group[np.argsort(-doubt(chances), kind="stable")[:5]]) == {0}


def test_all_where_there_are_no_more() -> None:
    vectors = unit(np.random.default_rng(3).normal(size=(4, 8)))
    chances = np.full((4, 2), 0.5)
    assert sorted(most_worth(vectors, chances, 9).tolist()) == [0, 1, 2, 3]
    assert most_worth(vectors[:0], chances[:0], 3).tolist() == []


def test_each_once_and_the_same_again() -> None:
    rng = np.random.default_rng(4)
    vectors, chances = unit(rng.normal(size=(500, 8))), rng.dirichlet([1, 1, 1], 500)
    chosen = most_worth(vectors, chances, 40, seed=7)
    assert len(set(chosen.tolist())) == 40
    assert chosen.tolist() == most_worth(vectors, chances, 40, seed=7).tolist()
