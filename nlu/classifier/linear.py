"""Multinomial logistic regression on dense and hashed features, with temperature scaling.

Training uses scikit-learn's L-BFGS; the model is plain arrays (npz), loaded without pickle.
Temperature scaling: Guo et al. 2017, "On Calibration of Modern Neural Networks".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import sparse

Rows = tuple[np.ndarray, sparse.csr_matrix]  # dense (n, d) and hashed (n, buckets)


@dataclass(frozen=True)
class LinearModel:
    """Scores = dense @ dense_weights + hashed @ hashed_weights + bias, divided by temperature.

    `columns` lists the hash buckets seen in training; `hashed_weights` has one row for each.
    """

    labels: tuple[str, ...]
    dense_weights: np.ndarray
    columns: np.ndarray
    hashed_weights: np.ndarray
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
            total = total + values[seen] @ self.hashed_weights[at[seen]]
        return total

    def probabilities(self, dense: np.ndarray, hashed: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
        """Calibrated probabilities (labels,) of one message."""
        return softmax(self.scores(dense, hashed) / self.temperature)

    def save(self, path: Path) -> None:
        """Writes one npz; float16 weights halve its size and change no decision measured."""
        np.savez_compressed(
            path,
            labels=np.asarray(self.labels),
            dense_weights=self.dense_weights.astype(np.float32),
            columns=self.columns,
            hashed_weights=self.hashed_weights.astype(np.float16),
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
                data["hashed_weights"].astype(np.float32),
                data["bias"],
                float(data["temperature"]),
            )


def softmax(scores: np.ndarray) -> np.ndarray:
    """Softmax over the last axis."""
    shifted = np.exp(scores - scores.max(axis=-1, keepdims=True))
    return shifted / shifted.sum(axis=-1, keepdims=True)


def fit(rows: Rows, labels: list[str], *, strength: float, max_iterations: int = 200) -> LinearModel:
    """Fits the model. `strength` is the inverse of L2 regularisation (scikit-learn's C)."""
    from sklearn.linear_model import LogisticRegression

    dense, hashed = rows
    columns = np.unique(hashed.indices)
    features = sparse.hstack([sparse.csr_matrix(dense), hashed[:, columns]], format="csr")
    machine = LogisticRegression(
        C=strength, max_iter=max_iterations, class_weight="balanced", tol=1e-3
    )
    machine.fit(features, labels)
    weights, bias = machine.coef_, machine.intercept_
    if weights.shape[0] == 1:
        weights, bias = np.vstack([-weights, weights]) / 2, np.concatenate([-bias, bias]) / 2
    weights = weights.T.astype(np.float32)
    width = dense.shape[1]
    return LinearModel(
        tuple(str(label) for label in machine.classes_),
        weights[:width],
        columns.astype(np.int32),
        weights[width:],
        bias.astype(np.float32),
    )


def score_rows(model: LinearModel, rows: Rows) -> np.ndarray:
    """Scores (n, labels) of many messages at once."""
    dense, hashed = rows
    return dense @ model.dense_weights + hashed[:, model.columns] @ model.hashed_weights + model.bias


def out_of_fold(
    rows: Rows, labels: list[str], *, strength: float, folds: int, seed: int = 7
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Scores (n, labels) where each row was scored by a model that did not train on it."""
    from sklearn.model_selection import StratifiedKFold

    names = tuple(sorted(set(labels)))
    dense, hashed = rows
    scores = np.full((len(labels), len(names)), -30.0, dtype=np.float32)
    target = np.asarray(labels)
    for train, test in StratifiedKFold(folds, shuffle=True, random_state=seed).split(target, target):
        model = fit((dense[train], hashed[train]), list(target[train]), strength=strength)
        at = [names.index(label) for label in model.labels]
        scores[np.ix_(test, at)] = score_rows(model, (dense[test], hashed[test]))
    return scores, names


def calibrate(model: LinearModel, scores: np.ndarray, labels: list[str]) -> LinearModel:
    """Sets the temperature that minimises negative log likelihood on held-out `scores`."""
    from scipy.optimize import minimize_scalar

    target = np.asarray([model.labels.index(label) for label in labels])

    def loss(log_temperature: float) -> float:
        chosen = softmax(scores / np.exp(log_temperature))[np.arange(len(target)), target]
        return float(-np.log(np.maximum(chosen, 1e-12)).mean())

    best = minimize_scalar(loss, bounds=(-3, 3), method="bounded")
    return replace(model, temperature=float(np.exp(best.x)))
