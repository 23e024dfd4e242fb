"""What a linear machine says of each trained sentence when it has not learned that one.

To train the real machines five times, each without a fifth, would take minutes and 8 GB each time.
Ridge regression on the same features has its leave-one-out scores in closed form, from one solution
(Allen 1974, "PRESS"): score = (fitted - leverage * target) / (1 - leverage). N-grams are hashed
into a few columns, as when the machines choose their rows (`nlu.classifier.hinge`). It is right
less often than the real machines, so it points at sentences to read and decides nothing.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from nlu.classifier.linear import softmax
from nlu.paths import cache_folder
from nlu.quality.progress import Tell, untold

_COLUMNS, _RIDGE = 1024, 3.0
_BLOCK = 8192
_WHAT = "Leaving sentences out"


@dataclass(frozen=True)
class LeftOut:
    """Calibrated probabilities (sentences, labels) float32, each without its own sentence."""

    labels: tuple[str, ...]
    probabilities: np.ndarray
    given: np.ndarray
    """The label (sentences,) of each sentence, as a place in `labels`."""


def left_out(
    dense: np.ndarray, hashed: sparse.csr_matrix, intents: Sequence[str], tell: Tell = untold
) -> LeftOut:
    """Of sentences with weighted vectors (n, d) and n-grams (n, buckets). The last result for each
    catalogue is kept in the cache. Raises ValueError with fewer than two intents."""
    names, given = np.unique(np.asarray(intents), return_inverse=True)
    if len(names) < 2:
        raise ValueError("at least two intents are needed to tell apart")
    labels = tuple(map(str, names))
    path = _path(dense, hashed, given)
    if path.is_file():
        return LeftOut(labels, np.load(path).astype(np.float32), given)
    scores = _scores(dense, hashed, given, len(labels), tell)
    probabilities = softmax(scores / _temperature(scores, given))
    _keep(path, probabilities.astype(np.float16))
    return LeftOut(labels, probabilities, given)


def _scores(
    dense: np.ndarray, hashed: sparse.csr_matrix, given: np.ndarray, labels: int, tell: Tell
) -> np.ndarray:
    steps = 3 + -(-len(given) // _BLOCK)
    tell(_WHAT, 0, steps)
    buckets = np.arange(hashed.shape[1])
    signs = np.random.default_rng(0).choice([-1, 1], len(buckets)).astype(np.float32)
    few = sparse.csr_matrix((signs, (buckets, buckets % _COLUMNS)), (len(buckets), _COLUMNS))
    bias = np.ones((len(given), 1), np.float32)
    rows = np.hstack([dense.astype(np.float32), bias, (hashed.astype(np.float32) @ few).toarray()])
    tell(_WHAT, 1, steps)
    square = (rows.T @ rows).astype(np.float64)
    square[np.diag_indices_from(square)] += _RIDGE
    inverse = np.linalg.inv(square).astype(np.float32)
    tell(_WHAT, 2, steps)
    own = np.zeros((rows.shape[1], labels), np.float32)
    np.add.at(own.T, given, 2 * rows)  # targets are 1 for the own label and -1 for the others
    weights = inverse @ (own - rows.sum(axis=0)[:, None])
    found = np.empty((len(given), labels), np.float32)
    for at in range(0, len(given), _BLOCK):
        block = rows[at : at + _BLOCK]
        leverage = np.einsum("ij,ij->i", block @ inverse, block)[:, None]
        target = np.full((len(block), labels), -1, np.float32)
        target[np.arange(len(block)), given[at : at + _BLOCK]] = 1
        rest = np.maximum(1 - leverage, 1e-6)
        found[at : at + _BLOCK] = (block @ weights - leverage * target) / rest
        tell(_WHAT, 3 + at // _BLOCK, steps)
    tell(_WHAT, steps, steps)
    return found


def _temperature(scores: np.ndarray, given: np.ndarray) -> float:
    """That of the least negative log likelihood."""
    from scipy.optimize import minimize_scalar

    rows = np.arange(len(given))

    def loss(log_temperature: float) -> float:
        chosen = softmax(scores / np.exp(log_temperature))[rows, given]
        return float(-np.log(np.maximum(chosen, 1e-12)).mean())

    return float(np.exp(minimize_scalar(loss, bounds=(-5, 3), method="bounded").x))


def _path(dense: np.ndarray, hashed: sparse.csr_matrix, given: np.ndarray) -> Path:
    digest = hashlib.sha256(f"{_COLUMNS} {_RIDGE}".encode())
    for part in (dense, hashed.indptr, hashed.indices, hashed.data, given):
        digest.update(memoryview(np.ascontiguousarray(part)))  # type: ignore[arg-type]
    return cache_folder() / "left-out" / f"{digest.hexdigest()[:24]}.npy"


def _keep(path: Path, probabilities: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".npy")
    with os.fdopen(handle, "wb") as out:
        np.save(out, probabilities)
    for old in path.parent.glob("*.npy"):  # of a catalogue that was edited since
        if old != Path(name):
            old.unlink(missing_ok=True)
    os.replace(name, path)
