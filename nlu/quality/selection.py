"""Which messages are worth a label next: those the model doubts, and not ten that are alike.

Diverse mini-batch active learning (Zhdanov 2019, arXiv 1901.05954): of the most doubtful messages
the vectors are clustered, each weighing as much as the model doubts it, and the message nearest to
the centre of each cluster is taken. Doubt alone chooses messages that are all alike
(label-studio#3256), so that the second of them teaches nothing.
"""

from __future__ import annotations

import numpy as np

POOL = 10
"""The clusters are made of so many times more doubtful messages than are asked for."""


def doubt(chances: np.ndarray) -> np.ndarray:
    """How much a model doubts each message, 0 to 1: one minus the lead of the likeliest intent over
    the next one. `chances` (messages, intents) are probabilities."""
    if chances.shape[1] < 2:
        return np.zeros(len(chances))
    top = np.partition(chances, -2, axis=1)[:, -2:]
    return 1 - (top[:, 1] - top[:, 0])


def most_worth(
    vectors: np.ndarray, chances: np.ndarray, count: int, *, pool: int = POOL, seed: int = 0
) -> np.ndarray:
    """Places of `count` messages to be labelled next, or of all where there are no more. `vectors`
    (messages, dimension) are of unit length."""
    from sklearn.cluster import MiniBatchKMeans

    count = min(count, len(vectors))
    doubts = doubt(chances)
    doubtful = np.argsort(-doubts, kind="stable")[: count * pool]
    if len(doubtful) <= count:
        return doubtful
    weights = np.maximum(doubts[doubtful], 1e-6)
    clusters = MiniBatchKMeans(count, n_init=1, random_state=seed, batch_size=4096)
    clusters.fit(vectors[doubtful], sample_weight=weights)
    apart = clusters.transform(vectors[doubtful])
    chosen: list[int] = []
    taken = np.zeros(len(doubtful), bool)
    for cluster in np.argsort(apart.min(axis=0), kind="stable"):
        at = int(np.where(taken, np.inf, apart[:, cluster]).argmin())
        taken[at] = True
        chosen.append(int(doubtful[at]))
    return np.array(chosen)
