"""Vectors of texts already embedded, kept on disk, so that retraining is quick."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from nlu.encoder.onnx_encoder import OnnxEncoder
from nlu.encoder.provision import cache_dir


class VectorCache:
    """One npz per encoder; keys are SHA-256 of the text, values float16 vectors."""

    def __init__(self, encoder: OnnxEncoder, folder: Path | None = None) -> None:
        """`folder` defaults to `embeddings/` of the cache directory."""
        self._encoder = encoder
        self._path = (folder or cache_dir() / "embeddings") / f"{encoder.fingerprint}.npz"

    def encode(self, texts: Sequence[str], *, workers: int = 1) -> np.ndarray:
        """Returns float32 (len(texts), dimension); embeds only what is not cached yet."""
        known = self._read()
        keys = [hashlib.sha256(text.encode()).hexdigest()[:32] for text in texts]
        missing = {k: t for k, t in zip(keys, texts) if k not in known}
        if missing:
            vectors = self._encoder.encode(list(missing.values()), workers=workers).astype(
                np.float16
            )
            known.update(zip(missing.keys(), vectors))
            self._write(known)
        if not keys:
            return np.zeros((0, self._encoder.dimension), np.float32)
        return np.stack([known[k] for k in keys]).astype(np.float32)

    def _read(self) -> dict[str, np.ndarray]:
        if not self._path.is_file():
            return {}
        with np.load(self._path, allow_pickle=False) as data:
            return dict(zip((str(k) for k in data["keys"]), data["vectors"]))

    def _write(self, known: dict[str, np.ndarray]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=self._path.parent, suffix=".npz")
        with os.fdopen(handle, "wb") as out:
            np.savez(out, keys=np.asarray(list(known)), vectors=np.stack(list(known.values())))
        os.replace(name, self._path)
