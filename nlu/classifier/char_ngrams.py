"""Hashed character n-grams of words, the sparse half of what the classifiers see.

Words are padded with a space on both sides and cut into n-grams of code points, so that Telugu
and Devanagari vowel signs stay with their letters' neighbours and no tokeniser can lose them.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from scipy import sparse

BITS = 18
BUCKETS = 1 << BITS


def ngrams(text: str, low: int, high: int) -> Iterable[str]:
    """All n-grams of length `low` to `high` of each padded word of `text`."""
    for word in text.split():
        padded = f" {word} "
        for size in range(low, high + 1):
            for start in range(max(1, len(padded) - size + 1)):
                yield padded[start : start + size]


def hashed(views: Sequence[tuple[str, str, int, int]]) -> tuple[np.ndarray, np.ndarray]:
    """Buckets and L2-normalised log counts of several views of one message.

    A view is (prefix, text, low, high); the prefix keeps views apart. Each view is scaled to unit
    length by itself, so that a long view does not drown a short one. Returns int32 and float32
    arrays of the same length.
    """
    buckets: list[int] = []
    values: list[float] = []
    for prefix, text, low, high in views:
        counts = Counter(
            zlib.crc32(f"{prefix}{gram}".encode()) & (BUCKETS - 1)
            for gram in ngrams(text, low, high)
        )
        if not counts:
            continue
        weights = 1.0 + np.log(np.fromiter(counts.values(), dtype=np.float32))
        weights /= np.linalg.norm(weights)
        buckets.extend(counts.keys())
        values.extend(weights)
    return np.asarray(buckets, dtype=np.int32), np.asarray(values, dtype=np.float32)


def matrix(rows: Sequence[tuple[np.ndarray, np.ndarray]]) -> sparse.csr_matrix:
    """Stacks hashed messages into a (rows, BUCKETS) CSR matrix."""
    pointers = np.cumsum([0] + [len(buckets) for buckets, _ in rows])
    indices = np.concatenate([b for b, _ in rows]) if rows else np.zeros(0, np.int32)
    data = np.concatenate([v for _, v in rows]) if rows else np.zeros(0, np.float32)
    return sparse.csr_matrix((data, indices, pointers), shape=(len(rows), BUCKETS))
