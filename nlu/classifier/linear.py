"""Linear classification on dense and hashed features, calibrated by temperature.

The model is plain arrays (npz), loaded without pickle. Temperature scaling: Guo et al. 2017, "On
Calibration of Modern Neural Networks".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy import sparse

from nlu.classifier import hinge

_DIRECTIONS = 192
Rows = tuple[np.ndarray, sparse.csr_matrix]  # dense (n, d) and hashed (n, buckets)


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

    @classmethod
    def of(
        cls, labels: tuple[str, ...], weights: np.ndarray, columns: np.ndarray, width: int
    ) -> LinearModel:
        """The model of `weights` (labels, columns + 1) over rows as `joined` gives them; the first
        `width` columns are dense, the last is the bias."""
        return cls(
            labels,
            weights[:, :width].T,
            columns.astype(np.int32),
            Int8Rows.of(weights[:, width:-1].T),
            weights[:, -1],
        )

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


def fit(rows: Rows, labels: Sequence[str], settings: hinge.Settings) -> LinearModel:
    """One machine a label (see `hinge.solve`), not yet calibrated.

    Raises ValueError where there are not at least two labels.
    """
    names, place = np.unique(labels, return_inverse=True)
    if len(names) < 2:
        raise ValueError(f"at least two intents are needed to tell apart, not {len(names)}")
    columns = seen_columns(rows)
    own = place[:, None] == np.arange(len(names))
    found = solved(rows, columns, own, settings)
    return LinearModel.of(tuple(map(str, names)), found, columns, rows[0].shape[1])


def solved(
    rows: Rows, columns: np.ndarray, own: np.ndarray, settings: hinge.Settings
) -> np.ndarray:
    """Weights (labels, d + columns + 1) of rows as `joined` gives them, found by `hinge.solve`
    among the main directions of the dense vectors."""
    main = _directions(rows[0])
    found = hinge.solve(joined((rows[0] @ main, rows[1]), columns), own, settings)
    width = main.shape[1]
    return np.hstack([found[:, :width] @ main.T, found[:, width:]])


def _directions(dense: np.ndarray) -> np.ndarray:
    """The main directions (d, at most _DIRECTIONS) of vectors (n, d), without their mean taken off:
    the bias does that. Half of 384 hold 99 % of their length, and cost a third less time."""
    if dense.shape[1] <= _DIRECTIONS:
        return np.eye(dense.shape[1], dtype=np.float32)
    _, found = np.linalg.eigh(dense.T @ dense)  # the largest come last
    return np.ascontiguousarray(found[:, : -_DIRECTIONS - 1 : -1])  # BLAS reads no view backwards


def seen_columns(rows: Rows) -> np.ndarray:
    """The hash buckets that some row has."""
    return np.unique(rows[1].indices)


def joined(rows: Rows, columns: np.ndarray) -> sparse.csr_matrix:
    """Dense columns, then those of the hash buckets `columns`, as one matrix."""
    dense, hashed = rows
    return sparse.hstack([sparse.csr_matrix(dense), hashed[:, columns]]).tocsr()


def score_rows(model: LinearModel, rows: Rows) -> np.ndarray:
    """Scores (n, labels) of many messages at once."""
    dense, hashed = rows
    by_hash = model.hashed_weights.product(hashed[:, model.columns])
    return np.asarray(dense @ model.dense_weights + by_hash + model.bias)


def calibrate(model: LinearModel, scores: np.ndarray, labels: Sequence[str]) -> LinearModel:
    """Sets the temperature that minimises negative log likelihood on held-out `scores`."""
    from scipy.optimize import minimize_scalar

    place = {label: at for at, label in enumerate(model.labels)}
    target = np.asarray([place[label] for label in labels])

    def loss(log_temperature: float) -> float:
        chosen = softmax(scores / np.exp(log_temperature))[np.arange(len(target)), target]
        return float(-np.log(np.maximum(chosen, 1e-12)).mean())

    best = minimize_scalar(loss, bounds=(-5, 3), method="bounded")
    return replace(model, temperature=float(np.exp(best.x)))


_LARGEST = 127


@dataclass(frozen=True)
class Int8Rows:
    """`values` (rows, columns) int8 times `scales` (rows,) float32: a quarter of float32."""

    values: np.ndarray
    scales: np.ndarray

    @classmethod
    def of(cls, weights: np.ndarray, block: int = 4096) -> Int8Rows:
        """Rounds float weights (rows, columns); off by at most 1/254 of a row's largest."""
        values = np.empty(weights.shape, np.int8)
        scales = np.zeros(len(weights), np.float32)
        for start in range(0, len(weights), block):
            part = weights[start : start + block]
            scale = np.abs(part).max(axis=1, initial=0.0) / _LARGEST
            scales[start : start + block] = scale
            values[start : start + block] = np.rint(part / np.where(scale > 0, scale, 1)[:, None])
        return cls(values, scales)

    def weighted_sum(self, at: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Sum (columns,) of the rows `at`, each times its weight."""
        return (weights * self.scales[at]) @ self.values[at].astype(np.float32)

    def product(self, rows: sparse.csr_matrix, block: int = 64) -> np.ndarray:
        """`rows` (n, rows) times the matrix, some columns at a time to save memory."""
        scaled = rows.multiply(self.scales).tocsr()
        width = self.values.shape[1]
        found = np.zeros((rows.shape[0], width), np.float32)
        for start in range(0, width, block):
            part = self.values[:, start : start + block].astype(np.float32)
            found[:, start : start + block] = scaled @ part
        return found
