"""Hashed character n-grams and pairs of words, the sparse half of what the classifiers see.

Words are padded with a space on both sides and cut into n-grams of code points, so that Telugu
and Devanagari vowel signs stay with their letters' neighbours and no tokeniser can lose them.
All n-grams of one length are hashed at once, by a polynomial over their code points.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence

import numpy as np
from scipy import sparse

BITS = 18
BUCKETS = 1 << BITS
_BASE = np.uint64(1_000_003)
_MIX = np.uint64(
    0x9E3779B97F4A7C15
)  # 2^64 / golden ratio: spreads the polynomial over the top bits
_SPACE = ord(" ")


def ngram_buckets(text: str, low: int, high: int, prefix: str = "") -> np.ndarray:
    """Bucket (int64) of each n-gram of length `low` to `high`; none crosses a word's border."""
    padded = f" {' '.join(text.split())} "
    codes = np.frombuffer(padded.encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    spaces = np.cumsum(codes == _SPACE)
    seed = np.uint64(zlib.crc32(prefix.encode()))
    found = []
    rolling = np.full(len(codes), seed, dtype=np.uint64)
    for size in range(1, high + 1):
        count = len(codes) - size + 1
        if count <= 0:
            break
        rolling = rolling[:count] * _BASE + codes[size - 1 :]
        if size < low:
            continue
        if size == 1:
            inside = codes != _SPACE
        else:  # a space may stand at either end, but not between
            inside = spaces[size - 2 :][:count] == spaces[:count]
            if size == 2:
                inside &= ~((codes[:-1] == _SPACE) & (codes[1:] == _SPACE))
        found.append(((rolling[inside] * _MIX) >> np.uint64(64 - BITS)).astype(np.int64))
    return np.concatenate(found) if found else np.zeros(0, np.int64)


def pair_buckets(text: str, low: int, high: int, prefix: str = "") -> np.ndarray:
    """Bucket (int64) of each two words that stand `low` to `high` words apart; 0 is a word alone.

    The text's two ends count as words, so that what it begins with and ends with is seen. Pairs
    tell what words of many meanings ask together ("which" and "office"), skipping what stands
    between (Guthrie et al. 2006, "A Closer Look at Skip-gram Modelling").
    """
    words = ["^", *text.split(), "$"]
    codes = np.asarray([zlib.crc32(f"{prefix} {word}".encode()) for word in words], np.uint64)
    found = [
        codes[: len(codes) - apart] * _BASE + (codes[apart:] if apart else 0)
        for apart in range(low, min(high, len(codes) - 1) + 1)
    ]
    joined = np.concatenate(found) if found else np.zeros(0, np.uint64)
    return ((joined * _MIX) >> np.uint64(64 - BITS)).astype(np.int64)


def bucket(name: str) -> np.int32:
    """The bucket of something that is neither."""
    return np.int32(zlib.crc32(name.encode()) >> (32 - BITS))


def hashed(views: Iterable[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Buckets and L2-normalised log counts of the buckets of several views of one message.

    Each view is scaled to unit length by itself, so that a long view does not drown a short one.
    Returns int32 and float32 arrays of the same length.
    """
    buckets, values = [], []
    for view in views:
        unique, counts = np.unique(view, return_counts=True)
        if not len(unique):
            continue
        weights = (1.0 + np.log(counts)).astype(np.float32)
        buckets.append(unique.astype(np.int32))
        values.append(weights / np.linalg.norm(weights))
    if not buckets:
        return np.zeros(0, np.int32), np.zeros(0, np.float32)
    return np.concatenate(buckets), np.concatenate(values)


def matrix(rows: Sequence[tuple[np.ndarray, np.ndarray]]) -> sparse.csr_matrix:
    """Stacks hashed messages into a (rows, BUCKETS) CSR matrix."""
    pointers = np.cumsum([0] + [len(buckets) for buckets, _ in rows])
    indices = np.concatenate([b for b, _ in rows]) if rows else np.zeros(0, np.int32)
    data = np.concatenate([v for _, v in rows]) if rows else np.zeros(0, np.float32)
    return sparse.csr_matrix((data, indices, pointers), shape=(len(rows), BUCKETS))
