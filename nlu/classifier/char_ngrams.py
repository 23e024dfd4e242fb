"""Hashed character n-grams and pairs of words, the sparse half of what the classifiers see.

Words are padded with a space on both sides and cut into n-grams of code points, so that Telugu
and Devanagari vowel signs stay with their letters' neighbours and no tokeniser can lose them.
All n-grams of one length, of all messages, are hashed at once by a polynomial over code points.
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
Found = tuple[np.ndarray, np.ndarray]
"""The message (int64, its place among them) and the bucket (int64) of each n-gram or pair."""


def ngrams(texts: Sequence[str], low: int, high: int, prefix: str = "") -> Found:
    """Each n-gram of length `low` to `high` of many messages; none crosses a word's border."""
    padded = [f" {' '.join(text.split())} " for text in texts]
    codes = np.frombuffer("".join(padded).encode("utf-32-le"), dtype="<u4").astype(np.uint64)
    message = np.repeat(np.arange(len(padded)), [len(text) for text in padded])
    spaces = np.cumsum(codes == _SPACE)
    seed = np.uint64(zlib.crc32(prefix.encode()))
    starts, buckets = [], []
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
        starts.append(message[:count][inside])
        buckets.append(_top_bits(rolling[inside]))
    return _together(starts, buckets)


def ngram_buckets(text: str, low: int, high: int, prefix: str = "") -> np.ndarray:
    """The buckets of `ngrams` of one message."""
    return ngrams([text], low, high, prefix)[1]


def pairs(texts: Sequence[str], low: int, high: int, prefix: str = "") -> Found:
    """Each two words of a message that stand `low` to `high` words apart; 0 is a word alone.

    A message's two ends count as words, so that what it begins with and ends with is seen. Pairs
    tell what words of many meanings ask together ("which" and "office"), skipping what stands
    between (Guthrie et al. 2006, "A Closer Look at Skip-gram Modelling").
    """
    words = [["^", *text.split(), "$"] for text in texts]
    number = {word: zlib.crc32(f"{prefix} {word}".encode()) for some in words for word in some}
    codes = np.asarray([number[word] for some in words for word in some], np.uint64)
    message = np.repeat(np.arange(len(words)), [len(some) for some in words])
    firsts, buckets = [], []
    for apart in range(low, min(high, len(codes) - 1) + 1):
        lead = slice(len(codes) - apart)
        inside = message[lead] == message[apart:]
        second = codes[apart:][inside] if apart else np.uint64(0)
        firsts.append(message[lead][inside])
        buckets.append(_top_bits(codes[lead][inside] * _BASE + second))
    return _together(firsts, buckets)


def bucket(name: str) -> np.int32:
    """The bucket of something that is neither."""
    return np.int32(zlib.crc32(name.encode()) >> (32 - BITS))


def weighted(views: Iterable[Found], messages: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pointers, buckets and values of the rows (CSR) of so many messages in several views.

    Values are log counts. Each view of a message is scaled to unit length by itself, so that a long
    view does not drown a short one; its buckets are sorted. Returns int64, int32 and float32.
    """
    found = list(views)
    width = max(len(found), 1)
    keys = [(row * width + view) << BITS | bucket for view, (row, bucket) in enumerate(found)]
    unique, counts = np.unique(np.concatenate(keys), return_counts=True)
    view = unique >> BITS  # of a message
    weights = 1.0 + np.log(counts)
    length = np.sqrt(np.bincount(view, weights * weights))
    values = (weights / length[view]).astype(np.float32)
    pointers = np.searchsorted(view, np.arange(messages + 1) * width)
    return pointers, (unique & (BUCKETS - 1)).astype(np.int32), values


def matrix(views: Iterable[Found], messages: int) -> sparse.csr_matrix:
    """`weighted` as a (messages, BUCKETS) matrix."""
    pointers, buckets, values = weighted(views, messages)
    return sparse.csr_matrix((values, buckets, pointers), shape=(messages, BUCKETS))


def _top_bits(hashes: np.ndarray) -> np.ndarray:
    return ((hashes * _MIX) >> np.uint64(64 - BITS)).astype(np.int64)


def _together(messages: list[np.ndarray], buckets: list[np.ndarray]) -> Found:
    if not buckets:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate(messages), np.concatenate(buckets)
