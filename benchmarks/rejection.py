"""How well confidences tell what belongs to no intent, as HINT3 measures it.

A prediction below a threshold counts as "no intent". In-scope accuracy and out-of-scope recall
look at their half of the messages each, Matthews' correlation coefficient at all of them, with
"no intent" as one more class (run_evaluation.ipynb of the authors' repository).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)  # those of the authors


@dataclass(frozen=True)
class Point:
    """One threshold of a sweep. Shares from 0 to 1; `oos_recall` is None without such messages."""

    threshold: float
    in_scope_accuracy: float
    oos_recall: float | None
    matthews: float  # -1 to 1


def at_threshold(
    truth: Sequence[str], found: Sequence[str], confidence: np.ndarray, no_intent: str, at: float
) -> Point:
    """Scores predictions of which those with less `confidence` than `at` are `no_intent`."""
    from sklearn.metrics import matthews_corrcoef

    actual = np.asarray(truth, dtype=object)
    kept = np.where(confidence < at, no_intent, np.asarray(found, dtype=object))
    right = kept == actual
    outside = actual == no_intent
    return Point(
        threshold=at,
        in_scope_accuracy=float(right[~outside].mean()),
        oos_recall=float(right[outside].mean()) if outside.any() else None,
        matthews=float(matthews_corrcoef(actual.astype(str), kept.astype(str))),
    )


def sweep(
    truth: Sequence[str], found: Sequence[str], confidence: np.ndarray, no_intent: str
) -> list[Point]:
    """A point for each of THRESHOLDS."""
    return [at_threshold(truth, found, confidence, no_intent, at) for at in THRESHOLDS]


def best(points: Sequence[Point]) -> Point:
    """The point with the highest Matthews coefficient; the first of equals."""
    return max(points, key=lambda point: point.matthews)
