"""The fine-tuned network as serving processes use it: ONNX int8 on onnxruntime, no torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlu.encoder import sub_words
from nlu.joint.examples import Span
from nlu.joint.tags import allowed, spans_of, viterbi
from nlu.joint.words import Prepared, WordReader, padded

NETWORK = "joint.onnx"
CRF = "crf.npz"
INFO = "joint.json"
_NEVER = -1e4


@dataclass(frozen=True)
class Understood:
    """What the network says of a message: unit sentence vector (size,), intent logits
    (intents,), and slot values with the mean probability of their tags."""

    vector: np.ndarray
    logits: np.ndarray
    spans: tuple[Span, ...]
    confidences: tuple[float, ...]


class JointModel:
    """Loads the folder written by `nlu.joint.export.export`; thread-safe."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Raises FileNotFoundError naming the file that is missing."""
        from nlu.encoder.onnx_encoder import open_session

        for name in (NETWORK, CRF, INFO):
            if not (folder / name).is_file():
                raise FileNotFoundError(f"{folder / name} is missing; run `seva train`")
        info = json.loads((folder / INFO).read_text("utf-8"))
        self.intents = tuple(info["intents"])
        self.tags = tuple(info["tags"])
        self._reader = WordReader(sub_words.load(folder, int(info["max_tokens"])))
        with np.load(folder / CRF, allow_pickle=False) as crf:
            free = allowed(self.tags)
            self._transitions = np.where(free, crf["transitions"], _NEVER)
            begins = np.asarray([not tag.startswith("I-") for tag in self.tags])
            self._start = np.where(begins, crf["start"], _NEVER)
        self._session = open_session(folder / NETWORK, threads=threads)

    def understand(self, texts: Sequence[str], *, workers: int = 1) -> list[Understood]:
        """One pass for each text, `workers` at a time (int8 scales must not mix messages)."""
        prepared = self._reader.read_many(texts)
        if workers > 1 and len(texts) > 1:
            with ThreadPoolExecutor(workers) as pool:
                return list(pool.map(self._one, prepared))
        return [self._one(row) for row in prepared]

    def _one(self, row: Prepared) -> Understood:
        outputs = ["sentence", "intent", "emissions"]
        sentence, logits, emissions = self._session.run(outputs, padded([row], 1))
        vector = sentence[0] / max(float(np.linalg.norm(sentence[0])), 1e-9)
        spans, sure = self._spans(row, emissions[0])
        return Understood(vector, logits[0], spans, sure)

    def _spans(
        self, row: Prepared, emissions: np.ndarray
    ) -> tuple[tuple[Span, ...], tuple[float, ...]]:
        if len(self.tags) == 1:
            return (), ()
        best = viterbi(emissions, self._transitions, self._start)
        if not any(best):
            return (), ()
        share = np.exp(emissions - emissions.max(axis=1, keepdims=True))
        share /= share.sum(axis=1, keepdims=True)
        spans = spans_of(row.words, [self.tags[tag] for tag in best])
        sure = []
        for span in spans:
            inside = [
                share[at, best[at]]
                for at, (start, end) in enumerate(row.words)
                if start >= span.start and end <= span.end
            ]
            sure.append(float(np.mean(inside)))
        return tuple(spans), tuple(sure)
