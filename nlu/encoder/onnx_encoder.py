"""The encoder of serving processes: ONNX int8 on onnxruntime, without torch.

`VectorCache` keeps the vectors of texts on disk, so that training again is quick.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from nlu.encoder import sub_words
from nlu.paths import cache_folder

MODEL_FILE = "model.int8.onnx"
INFO_FILE = "encoder.json"
MAX_TOKENS = 128


def open_session(path: Path, *, threads: int = 1) -> Any:
    """Opens an InferenceSession on the CPU with `threads` threads that sleep when idle."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class OnnxEncoder:
    """Encodes messages into unit vectors. Threads may share it."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Loads the folder that `onnx_export.export` wrote. Raises FileNotFoundError."""
        for name in (MODEL_FILE, INFO_FILE):
            if not (folder / name).is_file():
                raise FileNotFoundError(f"{folder / name} is missing; run `make encoder`")
        info = json.loads((folder / INFO_FILE).read_text("utf-8"))
        self.dimension: int = info["dimension"]
        self.prompt: str = info["prompt"]
        self.fingerprint = fingerprint(folder)
        self._sub_words = sub_words.load(folder, min(MAX_TOKENS, int(info["max_tokens"])))
        self._session = open_session(folder / MODEL_FILE, threads=threads)

    def encode(self, texts: Sequence[str], *, workers: int = 1) -> np.ndarray:
        """Returns float32 (len(texts), dimension) of unit length, in the order of `texts`.

        Each text is computed alone. The int8 activations of a batch share one scale, so the vector
        of a text would depend on its neighbours (cosine 0.992 to 0.997), and batches are not faster
        on one core. `workers` texts are encoded at the same time.
        """
        rows = [self._sub_words.ids(self.prompt + text) for text in texts]
        if workers > 1 and len(rows) > 1:
            with ThreadPoolExecutor(workers) as pool:
                vectors = list(pool.map(self._run, rows))
        else:
            vectors = [self._run(row) for row in rows]
        return np.stack(vectors) if vectors else np.zeros((0, self.dimension), np.float32)

    def _run(self, ids: list[int]) -> np.ndarray:
        tokens = np.asarray([ids], dtype=np.int64)
        feed = {"input_ids": tokens, "attention_mask": np.ones_like(tokens)}
        return self._session.run(["sentence_embedding"], feed)[0][0]


def fingerprint(folder: Path) -> str:
    """Hash of model and tokenizer. Encoders with the same hash give the same vectors."""
    digest = hashlib.sha256()
    tokenizers = (sub_words.SENTENCEPIECE_FILE, sub_words.TOKENIZER_FILE)
    for name in (MODEL_FILE, *(name for name in tokenizers if (folder / name).is_file())):
        with open(folder / name, "rb") as handle:
            while chunk := handle.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()[:16]


class VectorCache:
    """One npz file for each encoder: `keys`, the SHA-256 of each text, and `vectors`, float16."""

    def __init__(self, encoder: OnnxEncoder, folder: Path | None = None) -> None:
        """The default for `folder` is `embeddings/` of the cache directory."""
        self._encoder = encoder
        self._path = (folder or cache_folder() / "embeddings") / f"{encoder.fingerprint}.npz"

    def encode(self, texts: Sequence[str], *, workers: int = 1) -> np.ndarray:
        """Returns float32 (len(texts), dimension). It encodes only texts that are not in the cache.

        One process works at a time. A second one waits and then finds what the first has made.
        """
        with self._alone() if texts else contextlib.nullcontext():
            return self._encode(texts, workers)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Holds the lock of this cache. The lock ends with the process that holds it."""
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
