"""A matrix of weights kept as int8 with one scale per row, multiplied a few rows at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse

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
