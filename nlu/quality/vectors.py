"""Vectors of many sentences, from the cache that training fills, with a word on how far it is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nlu.encoder.onnx_encoder import OnnxEncoder, VectorCache
from nlu.quality.progress import Tell, untold
from nlu.text import normalise

_PIECE = 256  # sentences between two words on how far it is
_WHAT = "Reading sentences"


class CountedEncoder(OnnxEncoder):
    """An encoder that tells how many of the texts it has encoded."""

    def __init__(self, folder: Path, tell: Tell = untold) -> None:
        """Raises FileNotFoundError as OnnxEncoder does."""
        super().__init__(folder)
        self._tell = tell

    def encode(self, texts: Sequence[str], *, workers: int = 1) -> np.ndarray:
        """As `OnnxEncoder.encode`."""
        pieces = [texts[at : at + _PIECE] for at in range(0, len(texts), _PIECE)]
        if len(pieces) < 2:
            return super().encode(texts, workers=workers)
        found: list[np.ndarray] = []
        for at, piece in enumerate(pieces):
            self._tell(_WHAT, at * _PIECE, len(texts))
            found.append(super().encode(piece, workers=workers))
        self._tell(_WHAT, len(texts), len(texts))
        return np.concatenate(found)


def vectors(texts: Sequence[str], encoder: CountedEncoder) -> np.ndarray:
    """Unit vectors (texts, dimension) float32 of raw messages. Only those that no training and no
    earlier command has met are encoded."""
    clean = [normalise(text).text for text in texts]
    return VectorCache(encoder).encode(clean, workers=os.cpu_count() or 1)
