"""Two opinions on a message's intent made one: the network's logits and the n-grams' scores.

p = softmax(network * logits + ngrams * scores); the two weights are those of least negative log
likelihood on messages that neither was fitted on (Wolpert 1992, "Stacked Generalization"), so the
result is calibrated as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from nlu.classifier.linear import softmax


@dataclass(frozen=True)
class Stacking:
    """Weights of the two opinions, both at least 0."""

    network: float
    ngrams: float

    def probabilities(self, logits: np.ndarray, scores: np.ndarray) -> np.ndarray:
        """Calibrated probabilities (..., labels) from logits and scores (..., labels)."""
        return softmax(self.network * logits + self.ngrams * scores)


def fit(logits: np.ndarray, scores: np.ndarray, truth: Sequence[int]) -> Stacking:
    """Chooses the weights on (n, labels) logits and scores of held-back messages.

    `truth` (n,) are columns. Without messages both count as they are.
    """
    from scipy.optimize import minimize

    if not len(truth):
        return Stacking(1.0, 1.0)
    rows, target = np.arange(len(truth)), np.asarray(truth)

    def loss(log_weights: np.ndarray) -> float:
        network, ngrams = np.exp(log_weights)
        chosen = softmax(network * logits + ngrams * scores)[rows, target]
        return float(-np.log(np.maximum(chosen, 1e-12)).mean())

    # Its own first steps from zero would be 0.00025 long, and it would stay where it is.
    corners = np.asarray([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]])
    options = {"xatol": 1e-3, "initial_simplex": corners}
    best = minimize(loss, corners[0], method="Nelder-Mead", options=options)
    network, ngrams = np.exp(np.clip(best.x, -7, 5))
    return Stacking(float(network), float(ngrams))
