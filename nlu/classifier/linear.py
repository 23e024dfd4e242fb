"""Ridge classification on dense and hashed features, calibrated by temperature.

The model is plain arrays (npz), loaded without pickle. Logistic regression (L-BFGS) was as good
but took 30 s and more where this takes one. Temperature scaling: Guo et al. 2017, "On Calibration
of Modern Neural Networks".
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nlu.classifier import conjugate_gradient, exact
from nlu.classifier.int8_rows import Int8Rows
from nlu.classifier.kernel import Rows


@dataclass(frozen=True)
class LinearModel:
    """Scores = dense @ dense_weights + hashed @ hashed_weights + bias, divided by temperature.

    `columns` lists the hash buckets seen in training; `hashed_weights` has one row for each, kept
    as int8 in the file and in memory: 520 services come to some 150,000 buckets.
    """

    labels: tuple[str, ...]
    dense_weights: np.ndarray
    columns: np.ndarray
    hashed_weights: Int8Rows
    bias: np.ndarray
    temperature: float = 1.0

    def scores(self, dense: np.ndarray, hashed: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Scores (labels,) of one message: dense vector (d,), hashed (buckets, values)."""
        buckets, values = hashed
        at = np.searchsorted(self.columns, buckets)
        at[at == len(self.columns)] = 0
        seen = self.columns[at] == buckets if len(self.columns) else np.zeros(len(at), bool)
        total = dense @ self.dense_weights + self.bias
        if seen.any():
            total = total + self.hashed_weights.weighted_sum(at[seen], values[seen])
        return total

    def probabilities(self, dense: np.ndarray, hashed: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Calibrated probabilities (labels,) of one message."""
        return softmax(self.scores(dense, hashed) / self.temperature)

    def save(self, path: Path) -> None:
        """Writes one npz, not compressed: Rasa packs the whole model."""
        np.savez(
            path,
            labels=np.asarray(self.labels),
            dense_weights=self.dense_weights.astype(np.float32),
            columns=self.columns,
            hashed_weights=self.hashed_weights.values,
            scales=self.hashed_weights.scales,
            bias=self.bias.astype(np.float32),
            temperature=np.float32(self.temperature),
        )

    @classmethod
    def load(cls, path: Path) -> LinearModel:
        """Reads what `save` wrote."""
        with np.load(path, allow_pickle=False) as data:
            return cls(
                tuple(str(label) for label in data["labels"]),
                data["dense_weights"],
                data["columns"],
                Int8Rows(data["hashed_weights"], data["scales"]),
                data["bias"],
                float(data["temperature"]),
            )


def softmax(scores: np.ndarray) -> np.ndarray:
    """Softmax over the last axis."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


@dataclass(frozen=True)
class Fitted:
    """A model and the scores (n, labels) each training row gets from a model without that row."""

    model: LinearModel
    left_out: np.ndarray


def fit(
    rows: Rows,
    labels: list[str],
    *,
    ridge: float,
    balance: float = 0.0,
    exact_rows: int = 10_000,
    gradient: conjugate_gradient.Settings | None = None,
) -> Fitted:
    """Kernel ridge regression on +1/-1 targets, one column per label, solved in one go.

    Up to `exact_rows` by a matrix inverse, above by conjugate gradients, which find the same to a
    tolerance in time and memory that grow with the rows. The leave-one-out scores come from the
    same solution (Rifkin & Lippert 2007, "Notes on Regularized Least-Squares"), so calibration
    needs no folds. `balance` 1 gives every label the same weight, however many rows it has (a
    row's ridge grows with the rows of its label); 0 gives every row the same.
    """
    from threadpoolctl import threadpool_limits

    names, place, counts = np.unique(labels, return_inverse=True, return_counts=True)
    target = np.where(np.asarray(labels)[:, None] == names[None], 1.0, -1.0).astype(np.float32)
    weights = ridge * (counts / np.median(counts)) ** balance
    dense = np.hstack([rows[0], np.ones((len(labels), 1))]).astype(np.float32)  # 1: the bias
    hashed = rows[1]
    with threadpool_limits(os.cpu_count()):  # training has the machine to itself
        if len(labels) <= exact_rows:
            solution = exact.solve((dense, hashed), target, weights[place])
        else:
            settings = gradient or conjugate_gradient.Settings()
            solution = conjugate_gradient.solve((dense, hashed), target, weights[place], settings)
        bottom = dense.T @ solution.alpha
    left_out = target - solution.alpha / solution.inverse_diagonal[:, None]
    columns = np.unique(hashed.indices)
    model = LinearModel(
        tuple(str(name) for name in names),
        bottom[:-1],
        columns.astype(np.int32),
        Int8Rows.of(np.asarray(hashed[:, columns].T @ solution.alpha)),
        bottom[-1],
    )
    return Fitted(model, left_out)


def score_rows(model: LinearModel, rows: Rows) -> np.ndarray:
    """Scores (n, labels) of many messages at once."""
    dense, hashed = rows
    by_hash = model.hashed_weights.product(hashed[:, model.columns])
    return np.asarray(dense @ model.dense_weights + by_hash + model.bias)


def calibrate(model: LinearModel, scores: np.ndarray, labels: list[str]) -> LinearModel:
    """Sets the temperature that minimises negative log likelihood on held-out `scores`."""
    from scipy.optimize import minimize_scalar

    place = {label: at for at, label in enumerate(model.labels)}
    target = np.asarray([place[label] for label in labels])

    def loss(log_temperature: float) -> float:
        chosen = softmax(scores / np.exp(log_temperature))[np.arange(len(target)), target]
        return float(-np.log(np.maximum(chosen, 1e-12)).mean())

    best = minimize_scalar(loss, bounds=(-5, 3), method="bounded")
    return replace(model, temperature=float(np.exp(best.x)))
