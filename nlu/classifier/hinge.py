"""One-vs-rest squared hinge: a linear support vector machine a label, found on few of the rows.

liblinear solves each machine (Fan et al. 2008, "LIBLINEAR: A Library for Large Linear
Classification"). Of tens of thousands of rows a label's machine rests on a few hundred, its support
vectors, so it is solved twice on a part (chunking, Boser, Guyon & Vapnik 1992): first on the rows
likest to the label, then on all that the first solution does not keep away. What is left out the
second time lies beyond the margin of the first solution, where it would change next to nothing
(nothing with `slack`, which costs a fifth more time and gained no accuracy).

Ridge regression, which pulls every row to +1 or -1 and so is moved by rows that are right anyway,
was 4 to 8 points worse here (docs/understanding.md).
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from nlu.classifier.processes import shared_out

_SKETCH, _RIDGE = 1024, 10.0  # only say which rows are looked at first


@dataclass(frozen=True)
class Settings:
    """`cost` of a row on the wrong side, against the length of the weights. Above `exact_rows`
    rows a machine first sees its own rows and `near` others, then those within the margin and
    `slack` beyond it. `tolerance` (liblinear's own default) and `iterations` say when it stops."""

    cost: float = 0.2
    exact_rows: int = 4000
    near: int = 2000
    slack: float = 0.0
    tolerance: float = 0.1
    iterations: int = 1000
    workers: int | None = None  # processes; one a core by default


def solve(rows: sparse.csr_matrix, own: np.ndarray, settings: Settings) -> np.ndarray:
    """Weights (labels, columns + 1) float32 of `rows` (n, columns); the last column is the bias.

    `own` (n, labels) says which rows have which label; each label has some, and some have not.
    The same rows give the same weights, whatever the number of processes.
    """
    single = rows.astype(np.float32)
    labels = range(own.shape[1])
    if rows.shape[0] <= settings.exact_rows:
        everything = [np.arange(rows.shape[0])] * len(labels)
        return _machines(single, own, labels, everything, settings)
    most = own.mean(axis=0) > 0.5  # of such a label the few rows without it are what is learned
    few = own ^ most
    alike = _alike(single, few)
    alike[few] = np.inf
    take = np.minimum(settings.near + few.sum(axis=0), len(few) - 1)
    near = [
        np.sort(np.argpartition(-alike[:, label], take[label])[: take[label]]) for label in labels
    ]
    del alike
    found = _shared_out(single, few, near, settings)
    found[most] *= -1
    return found


def _alike(rows: sparse.csr_matrix, own: np.ndarray) -> np.ndarray:
    """Roughly how near (n, labels) each row is to a label: ridge regression on the columns hashed
    into a few (Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning")."""
    columns = np.arange(rows.shape[1])
    signs = np.random.default_rng(0).choice([-1, 1], len(columns)).astype(np.float32)
    sketch = sparse.csr_matrix((signs, (columns, columns % _SKETCH)), (len(columns), _SKETCH))
    seen = (rows @ sketch).toarray()
    seen = np.hstack([seen, np.ones((len(seen), 1), np.float32)])
    square = seen.T @ seen
    square[np.diag_indices_from(square)] += _RIDGE
    target = np.where(own, 1.0, -1.0).astype(np.float32)
    return np.asarray(seen @ np.linalg.solve(square, seen.T @ target))


def _shared_out(
    rows: sparse.csr_matrix, own: np.ndarray, near: list[np.ndarray], settings: Settings
) -> np.ndarray:
    """`_two_rounds` of all labels, by several processes."""
    workers = settings.workers or os.cpu_count() or 1
    if workers == 1:
        return _two_rounds(rows, own, range(len(near)), near, settings)
    shares = np.array_split(np.arange(len(near)), 4 * workers)
    tasks = [
        (rows, own, share, [near[label] for label in share], settings)
        for share in shares
        if len(share)
    ]
    return np.vstack(shared_out(_two_rounds, tasks, workers))


def _two_rounds(
    rows: sparse.csr_matrix,
    own: np.ndarray,
    labels: np.ndarray | range,
    near: list[np.ndarray],
    settings: Settings,
) -> np.ndarray:
    """Weights of the machines of `labels`: on the rows `near`, then on all those that these do not
    keep away."""
    first = _machines(rows, own, labels, near, settings)
    scores = rows @ first[:, :-1].T + first[:, -1]
    del first
    close = [
        np.flatnonzero(own[:, label] | (scores[:, at] > -1 - settings.slack))
        for at, label in enumerate(labels)
    ]
    return _machines(rows, own, labels, close, settings)


def _machines(
    rows: sparse.csr_matrix,
    own: np.ndarray,
    labels: np.ndarray | range,
    chosen: list[np.ndarray],
    settings: Settings,
) -> np.ndarray:
    """Weights (len(labels), columns + 1) of the machines of `labels`, each on its `chosen` rows."""
    from sklearn.svm import LinearSVC

    found = np.zeros((len(labels), rows.shape[1] + 1), np.float32)
    for at, (label, some) in enumerate(zip(labels, chosen)):
        machine = LinearSVC(
            C=settings.cost,
            tol=settings.tolerance,
            max_iter=settings.iterations,
            random_state=0,
        )
        machine.fit(rows[some], own[some, label])
        found[at, :-1], found[at, -1] = machine.coef_[0], machine.intercept_[0]
    return found
