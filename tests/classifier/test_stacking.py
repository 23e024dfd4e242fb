"""Weighing the network against the n-grams on messages that neither has seen."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.classifier.linear import softmax
from nlu.classifier.stacking import Stacking, fit

LABELS = 6


def opinions(right: float, sharpness: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores (400, LABELS) whose best is the truth (400,) in a share `right` of the rows."""
    random = np.random.default_rng(seed)
    truth = np.random.default_rng(0).integers(LABELS, size=400)
    said = np.where(random.random(400) < right, truth, random.integers(LABELS, size=400))
    return sharpness * np.eye(LABELS)[said] + random.normal(0, 0.1, (400, LABELS)), truth


def likelihood(found: Stacking, logits: np.ndarray, scores: np.ndarray, truth: np.ndarray) -> float:
    chances = found.probabilities(logits, scores)
    return float(np.log(chances[np.arange(len(truth)), truth]).mean())


@pytest.mark.parametrize("network, ngrams", [(0.95, 0.3), (0.3, 0.95)])
def test_the_better_opinion_weighs_more(network: float, ngrams: float) -> None:
    logits, truth = opinions(network, 1.0, 1)
    scores, _ = opinions(ngrams, 1.0, 2)
    found = fit(logits, scores, list(truth))
    assert (found.network > 2 * found.ngrams) == (network > ngrams)


def test_scales_of_the_two_do_not_matter() -> None:
    """Scores of regression lie between -1 and 1, logits do not. Once the search stood still at
    weights of one each."""
    logits, truth = opinions(0.8, 1.0, 1)
    scores, _ = opinions(0.8, 1.0, 2)
    plain = fit(logits, scores, list(truth))
    scaled = fit(5 * logits, 0.2 * scores, list(truth))
    assert scaled.network == pytest.approx(plain.network / 5, rel=0.1)
    assert scaled.ngrams == pytest.approx(plain.ngrams * 5, rel=0.1)


def test_both_together_are_likelier_than_either() -> None:
    logits, truth = opinions(0.8, 1.0, 1)
    scores, _ = opinions(0.8, 1.0, 2)
    both = likelihood(fit(logits, scores, list(truth)), logits, scores, truth)
    nothing = np.zeros_like(scores)
    for one in (logits, scores):
        assert both > likelihood(fit(one, nothing, list(truth)), one, nothing, truth) + 0.1


def test_without_messages_both_count_as_they_are() -> None:
    assert fit(np.zeros((0, 3)), np.zeros((0, 3)), []) == Stacking(1.0, 1.0)


def test_probabilities_sum_to_one() -> None:
    logits, _ = opinions(0.5, 2.0, 1)
    chances = Stacking(0.7, 3.0).probabilities(logits, logits)
    np.testing.assert_allclose(chances.sum(axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(chances, softmax(3.7 * logits), rtol=1e-4)
