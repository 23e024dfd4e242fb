"""Kernel ridge regression by conjugate gradients: for tens of thousands of rows.

The kernel is never written down: each step multiplies by the rows themselves, so that work and
memory grow with the rows and not with their square or cube. A few steps are enough because the
steps are taken in the metric of a low-rank approximation of the kernel on a sample of the rows
(Frangella, Tropp & Udell 2023, "Randomized Nyström preconditioning"). The sample decides how many
steps are needed, never what is found: unlike training on the approximation itself, which costs
accuracy. The diagonal of the inverse comes from random signs solved along with the targets
(Bekas, Kokiopoulou & Saad 2007, "An estimator for the diagonal of a matrix").
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse

from nlu.classifier.exact import Solution
from nlu.classifier.kernel import Rows, kernel

_LOG = logging.getLogger(__name__)

Multiply = Callable[[np.ndarray], np.ndarray]  # (n, targets) -> (n, targets)


@dataclass(frozen=True)
class Settings:
    """`landmarks`: rows of the approximation. `tolerance`: what may be left of the targets, as a
    share of their norm. `steps`: when to give up. `probes`: random signs per row; the diagonal is
    off by about 0.4 / sqrt(probes). `frequent`: share of the rows from which a column is kept
    densely, where matrix products are quicker."""

    landmarks: int = 2000
    tolerance: float = 0.02
    steps: int = 40
    probes: int = 64
    frequent: float = 0.02
    seed: int = 0


def solve(rows: Rows, target: np.ndarray, ridge: np.ndarray, settings: Settings) -> Solution:
    """What `exact.solve` gives, to the tolerance; `ridge` (n,) is positive. Every n-th row is a
    landmark: a fair sample of rows sorted by label and key, and of shuffled ones. Logs a warning
    and returns what there is when `steps` are not enough."""
    scale = (1.0 / np.sqrt(ridge)).astype(np.float32)[:, None]
    scaled = _scaled(rows, scale)
    squares = _squares(scaled)
    multiply = _multiplication(scaled, settings.frequent)
    precondition = _preconditioner(scaled, squares, settings.landmarks)
    signs = np.random.default_rng(settings.seed).choice([-1, 1], (len(target), settings.probes))
    signs = signs.astype(np.float32)
    found = _conjugate_gradients(
        multiply, precondition, np.hstack([target * scale, signs]), target.shape[1], settings
    )
    width = target.shape[1]
    diagonal = (signs * found[:, width:]).mean(axis=1)
    diagonal = np.clip(diagonal, 1.0 / (1.0 + squares), 1.0)  # what the true one lies between
    return Solution(found[:, :width] * scale, (diagonal / ridge).astype(np.float32))


def _scaled(rows: Rows, scale: np.ndarray) -> Rows:
    """Rows divided by the root of their ridge, so that the ridge of each becomes 1."""
    hashed = rows[1].astype(np.float32)
    hashed.data = hashed.data * np.repeat(scale[:, 0], np.diff(hashed.indptr))
    return rows[0].astype(np.float32) * scale, hashed


def _squares(rows: Rows) -> np.ndarray:
    """Squared length (n,) of each row."""
    found = np.einsum("ij,ij->i", rows[0], rows[0]) + np.asarray(rows[1].power(2).sum(1)).ravel()
    return np.asarray(found, np.float32)


def _multiplication(rows: Rows, frequent: float) -> Multiply:
    """The product with (kernel of scaled rows + identity)."""
    dense, hashed = rows
    often = np.bincount(hashed.indices, minlength=hashed.shape[1])
    columns = np.flatnonzero(often >= frequent * len(dense))
    rest = np.flatnonzero((often > 0) & (often < frequent * len(dense)))
    rest = rest[np.argsort(-often[rest], kind="stable")]  # what is needed most lies close together
    wide = np.hstack([dense, hashed[:, columns].toarray()])
    narrow = hashed[:, rest]
    forward, back = _parts(narrow), _parts(narrow.T.tocsr())

    def multiply(vectors: np.ndarray) -> np.ndarray:
        with ThreadPoolExecutor(len(forward)) as pool:
            between = np.concatenate(list(pool.map(lambda part: part @ vectors, back)))
            found = np.concatenate(list(pool.map(lambda part: part @ between, forward)))
        found += wide @ (wide.T @ vectors)
        found += vectors
        return found

    return multiply


def _parts(matrix: sparse.csr_matrix) -> list[sparse.csr_matrix]:
    """The matrix cut into as many bands of rows, with as many values each, as there are cores."""
    shares = np.linspace(0, matrix.nnz, (os.cpu_count() or 1) + 1)
    edges = np.searchsorted(matrix.indptr, shares)
    edges[0], edges[-1] = 0, matrix.shape[0]
    return [matrix[start:end] for start, end in pairwise(edges)]


def _preconditioner(rows: Rows, squares: np.ndarray, landmarks: int) -> Multiply:
    """The inverse of (low-rank approximation + diagonal), by the identity of Woodbury."""
    from scipy.linalg import cho_factor, cho_solve, cholesky, solve_triangular

    at = np.unique(np.linspace(0, len(squares) - 1, landmarks).astype(int))
    columns = kernel(rows, (rows[0][at], rows[1][at]))
    among = columns[at].astype(np.float64)
    among[np.diag_indices_from(among)] += 1e-4 * np.trace(among) / len(at)
    factor = cholesky(among, lower=True).astype(np.float32)
    low = solve_triangular(factor, columns.T, lower=True, overwrite_b=True).T  # (n, landmarks)
    diagonal = 1.0 + np.maximum(squares - np.einsum("ij,ij->i", low, low), 0.0)[:, None]
    inner = (low.T @ (low / diagonal)).astype(np.float64)
    inner[np.diag_indices_from(inner)] += 1.0
    inner_factor = cho_factor(inner.astype(np.float32), lower=True, overwrite_a=True)

    def precondition(vectors: np.ndarray) -> np.ndarray:
        first = vectors / diagonal
        return first - (low @ cho_solve(inner_factor, low.T @ first)) / diagonal

    return precondition


def _conjugate_gradients(
    multiply: Multiply,
    precondition: Multiply,
    target: np.ndarray,
    decisive: int,
    settings: Settings,
) -> np.ndarray:
    """Each column of `target` by itself, all in step; the first `decisive` say when to stop."""
    found = np.zeros_like(target)
    left = target.copy()
    towards = precondition(left)
    direction = towards.copy()
    weight = np.einsum("ij,ij->j", left, towards)
    enough = settings.tolerance * np.linalg.norm(target[:, :decisive])
    for _ in range(settings.steps):
        product = multiply(direction)
        step = weight / np.maximum(np.einsum("ij,ij->j", direction, product), 1e-30)
        found += step * direction
        left -= step * product
        if np.linalg.norm(left[:, :decisive]) <= enough:
            return found
        towards = precondition(left)
        weight, before = np.einsum("ij,ij->j", left, towards), weight
        direction *= weight / np.maximum(before, 1e-30)
        direction += towards
    _LOG.warning("not settled in %d steps; more `landmarks` mend that", settings.steps)
    return found
