"""The encoder as serving processes use it: ONNX int8 on onnxruntime, no torch."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from nlu.encoder import sub_words
from nlu.encoder.onnx_export import INFO_FILE, MODEL_FILE
from nlu.encoder.onnx_session import open_session

MAX_TOKENS = 128


class OnnxEncoder:
    """Encodes messages into unit vectors; thread-safe (onnxruntime sessions are)."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Loads the folder written by `onnx_export.export`. Raises FileNotFoundError."""
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
        """Returns float32 (len(texts), dimension), unit length, in the order given.

        Each text runs by itself: the int8 activations of a batch share one scale, so a text's
        vector would depend on its neighbours (cosine 0.992 to 0.997), and batches gain nothing
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
    """Hash of model and tokenizer: two encoders with the same one give the same vectors."""
    digest = hashlib.sha256()
    tokenizers = (sub_words.SENTENCEPIECE_FILE, sub_words.TOKENIZER_FILE)
    for name in (MODEL_FILE, *(name for name in tokenizers if (folder / name).is_file())):
        with open(folder / name, "rb") as handle:
            while chunk := handle.read(1 << 20):
                digest.update(chunk)
    return digest.hexdigest()[:16]
