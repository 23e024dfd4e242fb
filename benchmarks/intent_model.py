"""The `fast` profile without Rasa: sentence vector beside character n-grams, calibrated.

What `ServiceClassifier` does to Rasa's messages, for plain lists of texts. All public benchmarks
use it, so that their numbers are those of the pipeline that serves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nlu.classifier import hinge, linear, views


@dataclass(frozen=True)
class IntentSettings:
    """The keys of `ServiceClassifier` in config.yml that make a model (docs/understanding.md)."""

    cost: float
    dense_weight: float
    views: Mapping[str, Sequence[int]]

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> IntentSettings:
        """From a mapping that may hold other keys too. Raises KeyError naming what lacks."""
        return cls(
            cost=float(settings["cost"]),
            dense_weight=float(settings["dense_weight"]),
            views={name: tuple(lengths) for name, lengths in settings["views"].items()},
        )


@dataclass(frozen=True)
class IntentModel:
    """A calibrated classifier of raw texts and their sentence vectors."""

    settings: IntentSettings
    linear_model: linear.LinearModel

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        labels: Sequence[str],
        vectors: np.ndarray,
        settings: IntentSettings,
    ) -> IntentModel:
        """Learns from texts, a label each and vectors (texts, dimension) of unit length.

        The temperature is the one that suits a tenth of the texts under a model of the others.
        """
        dense, hashed = _rows(texts, vectors, settings)
        chosen = hinge.Settings(cost=settings.cost)
        model = linear.fit((dense, hashed), labels, chosen)
        held = held_back(labels)
        if not held.any():
            return cls(settings, model)
        given = np.asarray(labels)
        trial = linear.fit((dense[~held], hashed[~held]), given[~held].tolist(), chosen)
        scores = linear.score_rows(trial, (dense[held], hashed[held]))
        temperature = linear.calibrate(trial, scores, given[held].tolist()).temperature
        return cls(settings, replace(model, temperature=temperature))

    @property
    def labels(self) -> tuple[str, ...]:
        """In the order of the columns of what `predict_proba` returns."""
        return self.linear_model.labels

    def predict_proba(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """Calibrated probabilities (texts, labels) of raw texts and their vectors."""
        scores = linear.score_rows(self.linear_model, _rows(texts, vectors, self.settings))
        return linear.softmax(scores / self.linear_model.temperature)

    def evidence(self, texts: Sequence[str], vectors: np.ndarray) -> np.ndarray:
        """How much speaks for each label by itself: (texts, labels), from 0 to 1.

        Squared hinge estimates 2 p - 1, p being the label's probability (Zhang 2004, "Statistical
        Behavior and Consistency of Classification Methods"). Unlike those of `predict_proba` these
        need not sum to one: little speaks for any label where a message is
        like nothing learned, which is what tells messages out of scope.
        """
        scores = linear.score_rows(self.linear_model, _rows(texts, vectors, self.settings))
        return np.clip((scores + 1) / 2, 0, 1)

    def predict(self, texts: Sequence[str], vectors: np.ndarray) -> list[str]:
        """The likeliest label of each text."""
        best = self.predict_proba(texts, vectors).argmax(axis=1)
        return [self.labels[i] for i in best]


def held_back(labels: Sequence[str]) -> np.ndarray:
    """Which (n,) examples calibrate: of each label the fifth, the fifteenth and so on, or the last
    where it has fewer than five; none of a label with a single example."""
    _, place, counts = np.unique(labels, return_inverse=True, return_counts=True)
    order = np.argsort(place, kind="stable")
    rank = np.empty(len(order), int)
    rank[order] = np.arange(len(order)) - np.repeat(np.cumsum(counts) - counts, counts)
    total = counts[place]
    return (total > 1) & (rank % 10 == np.minimum(4, total - 1))


def _rows(texts: Sequence[str], vectors: np.ndarray, settings: IntentSettings) -> linear.Rows:
    hashed = views.matrix(texts, settings.views)
    return vectors.astype(np.float32) * settings.dense_weight, hashed
