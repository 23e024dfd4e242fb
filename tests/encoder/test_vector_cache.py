"""Vectors already made are not made again."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from nlu.encoder.onnx_encoder import VectorCache


class CountingEncoder:
    """Two numbers per text, and a list of what was asked."""

    dimension = 2

    def __init__(self, fingerprint: str = "first") -> None:
        self.fingerprint = fingerprint
        self.asked: list[list[str]] = []

    def encode(self, texts: Sequence[str], *, workers: int = 1) -> np.ndarray:
        """Length and first letter."""
        self.asked.append(list(texts))
        return np.asarray([[len(t), ord(t[0])] for t in texts], np.float32)


def test_cache_embeds_only_what_is_missing(tmp_path: Path) -> None:
    """Also in a later process, and each text once however often it comes."""
    encoder = CountingEncoder()
    VectorCache(encoder, tmp_path).encode(["bill", "bus", "bill"])
    later = CountingEncoder()
    VectorCache(later, tmp_path).encode(["bus", "కరెంటు", "bill"])
    assert encoder.asked == [["bill", "bus"]]
    assert later.asked == [["కరెంటు"]]


def test_cache_keeps_the_order_asked(tmp_path: Path) -> None:
    """Cached and new vectors are joined in the caller's order."""
    VectorCache(CountingEncoder(), tmp_path).encode(["bus"])
    found = VectorCache(CountingEncoder(), tmp_path).encode(["ticket", "bus", "a"])
    assert found[:, 0].tolist() == [6, 3, 1]
    assert found.dtype == np.float32


def test_cache_asks_nothing_when_all_is_known(tmp_path: Path) -> None:
    """Retraining the same texts runs no encoder."""
    VectorCache(CountingEncoder(), tmp_path).encode(["bus"])
    later = CountingEncoder()
    VectorCache(later, tmp_path).encode(["bus"])
    assert later.asked == []


def test_cache_of_another_encoder_is_another_cache(tmp_path: Path) -> None:
    """Other weights, other vectors."""
    VectorCache(CountingEncoder("first"), tmp_path).encode(["bus"])
    other = CountingEncoder("second")
    VectorCache(other, tmp_path).encode(["bus"])
    assert other.asked == [["bus"]]


def test_cache_of_nothing(tmp_path: Path) -> None:
    """No texts: an empty matrix of the right width and no file."""
    assert VectorCache(CountingEncoder(), tmp_path).encode([]).shape == (0, 2)
    assert list(tmp_path.iterdir()) == []


def test_who_comes_second_waits_and_finds_what_the_first_made(tmp_path: Path) -> None:
    """Two processes train at once: no text is embedded twice. Locks of two opened files exclude
    each other inside one process as well, so that threads can stand for processes here."""
    started, done = threading.Event(), threading.Event()

    class Slow(CountingEncoder):
        def encode(self, texts: Sequence[str], *, workers: int = 1) -> np.ndarray:
            started.set()
            assert done.wait(20)
            return super().encode(texts, workers=workers)

    first, second = Slow(), CountingEncoder()
    with ThreadPoolExecutor(2) as pool:
        one = pool.submit(VectorCache(first, tmp_path).encode, ["bill", "bus"])
        assert started.wait(20)
        other = pool.submit(VectorCache(second, tmp_path).encode, ["bus", "bill"])
        done.set()
        assert one.result(20)[:, 0].tolist() == [4, 3]
        assert other.result(20)[:, 0].tolist() == [3, 4]
    assert second.asked == []


def test_cache_leaves_no_unfinished_file(tmp_path: Path) -> None:
    """Written beside and moved into place."""
    VectorCache(CountingEncoder(), tmp_path).encode(["bus"])
    assert sorted(p.name for p in tmp_path.iterdir()) == ["first.lock", "first.npz"]


def test_cache_reads_files_of_the_earlier_form(tmp_path: Path) -> None:
    """Keys were kept as wide text once; such a cache is still good."""
    VectorCache(CountingEncoder(), tmp_path).encode(["bus", "bill"])
    with np.load(tmp_path / "first.npz") as data:
        keys, vectors = data["keys"], data["vectors"]
    np.savez(tmp_path / "first.npz", keys=keys.astype("U32"), vectors=vectors)
    later = CountingEncoder()
    assert VectorCache(later, tmp_path).encode(["bill", "bus"])[:, 0].tolist() == [4, 3]
    assert later.asked == []
