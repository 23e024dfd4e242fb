"""Vectors of texts already embedded, kept on disk, so that retraining is quick."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from nlu.encoder.onnx_encoder import OnnxEncoder
from nlu.paths import cache_folder


class VectorCache:
    """One npz per encoder: `keys`, the SHA-256 of each text, and `vectors`, float16."""

    def __init__(self, encoder: OnnxEncoder, folder: Path | None = None) -> None:
        """`folder` defaults to `embeddings/` of the cache directory."""
        self._encoder = encoder
        self._path = (folder or cache_folder() / "embeddings") / f"{encoder.fingerprint}.npz"

    def encode(self, texts: Sequence[str], *, workers: int = 1) -> np.ndarray:
        """Returns float32 (len(texts), dimension); embeds only what is not cached yet.

        One process at a time: who comes later waits and finds what the first has made.
        """
        with self._alone() if texts else contextlib.nullcontext():
            return self._encode(texts, workers)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Holds the lock of this cache; it falls with the process that holds it."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with open(self._path.with_suffix(".lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _encode(self, texts: Sequence[str], workers: int) -> np.ndarray:
        keys, vectors = self._read()
        place = {key: at for at, key in enumerate(keys)}
        wanted = [hashlib.sha256(text.encode()).hexdigest()[:32].encode() for text in texts]
        missing = {key: text for key, text in zip(wanted, texts) if key not in place}
        if missing:
            made = self._encoder.encode(list(missing.values()), workers=workers)
            vectors = np.concatenate([vectors, made.astype(np.float16)])
            place.update(zip(missing, range(len(place), len(vectors))))
            self._write(list(place), vectors)
        return vectors[[place[key] for key in wanted]].astype(np.float32)

    def _read(self) -> tuple[list[bytes], np.ndarray]:
        if not self._path.is_file():
            return [], np.zeros((0, self._encoder.dimension), np.float16)
        with np.load(self._path, allow_pickle=False) as data:
            return data["keys"].astype("S32").tolist(), data["vectors"]

    def _write(self, keys: list[bytes], vectors: np.ndarray) -> None:
        handle, name = tempfile.mkstemp(dir=self._path.parent, suffix=".npz")
        with os.fdopen(handle, "wb") as out:
            np.savez(out, keys=np.asarray(keys), vectors=vectors)
        os.replace(name, self._path)
