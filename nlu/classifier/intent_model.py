"""The `fast` profile without Rasa: sentence vector beside character n-grams, ridge, calibration.

What `ServiceClassifier` does to Rasa's messages, for plain lists of texts. All public benchmarks
use it, so that their numbers are those of the pipeline that serves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nlu.classifier import char_ngrams, linear, views


@dataclass(frozen=True)
class IntentSettings:
    """The keys of `ServiceClassifier` in config.yml that make a model (docs/understanding.md)."""

    ridge: float
    balance: float
    dense_weight: float
    views: Mapping[str, Sequence[int]]

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> IntentSettings:
        """From a mapping that may hold other keys too. Raises KeyError naming what lacks."""
        return cls(
            ridge=float(settings["ridge"]),
            balance=float(settings["balance"]),
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

        The temperature is the one that suits the scores each text gets from a model without it.
        """
        rows = _rows(texts, vectors, settings)
        fitted = linear.fit(rows, list(labels), ridge=settings.ridge, balance=settings.balance)
        model = linear.calibrate(fitted.model, fitted.left_out, list(labels))
        return cls(settings, model)

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

        Regression on +1 and -1 estimates 2 p - 1, p being the label's probability. Unlike those of
        `predict_proba` these need not sum to one: little speaks for any label where a message is
        like nothing learned, which is what tells messages out of scope.
        """
        scores = linear.score_rows(self.linear_model, _rows(texts, vectors, self.settings))
        return np.clip((scores + 1) / 2, 0, 1)

    def predict(self, texts: Sequence[str], vectors: np.ndarray) -> list[str]:
        """The likeliest label of each text."""
        best = self.predict_proba(texts, vectors).argmax(axis=1)
        return [self.labels[i] for i in best]


def _rows(texts: Sequence[str], vectors: np.ndarray, settings: IntentSettings) -> linear.Rows:
    hashed = char_ngrams.matrix([views.hashed(text, settings.views) for text in texts])
    return vectors.astype(np.float32) * settings.dense_weight, hashed
