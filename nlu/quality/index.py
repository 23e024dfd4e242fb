"""The sentences that a model has learned, with their vectors, ready to be searched.

Reading a catalogue of 118,000 sentences takes seconds, and encoding it minutes, so both are kept in
the cache under the hash of the model's copy of the catalogue and that of its encoder.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlu.catalogue import load_catalogue
from nlu.paths import cache_folder
from nlu.quality.sentences import Sentence, trained
from nlu.quality.vectors import CountedEncoder, vectors
from nlu.registry import DATA, read
from nlu.training.outcome import Intents

_FORM = "2"  # of the two files


@dataclass(frozen=True)
class Index:
    """`vectors` (sentences, dimension) float32, in the order of `sentences`: a page of the console
    waits for their product, and half of the bytes would be converted before each."""

    sentences: Sequence[Sentence]
    vectors: np.ndarray
    intents: Intents

    def nearest(
        self, vector: np.ndarray, count: int, intent: str | None = None
    ) -> list[tuple[Sentence, float]]:
        """The sentences, of one intent or of all, that are nearest to a unit vector (dimension,),
        with their cosine; the nearest first. The same text is named once."""
        near = self.vectors @ vector
        found: dict[str, tuple[Sentence, float]] = {}
        for at in np.argsort(-near, kind="stable"):
            sentence = self.sentences[at]
            if intent in (None, sentence.intent):
                found.setdefault(sentence.text, (sentence, float(near[at])))
            if len(found) == count:
                break
        return list(found.values())


def index_of(model: Path, encoder: CountedEncoder) -> Index:
    """The index of a model's folder in the registry; made first where the cache has none."""
    snapshot = read(model).snapshot
    folder = cache_folder() / "sentences"
    name = f"{snapshot[:16]}-{encoder.fingerprint}-{_FORM}"
    told, matrix = folder / f"{name}.json", folder / f"{name}.npy"
    if not (told.is_file() and matrix.is_file()):
        _make(model / DATA, encoder, told, matrix)
    content = json.loads(told.read_text("utf-8"))
    return Index(
        [Sentence(*row) for row in content["sentences"]],
        np.load(matrix, mmap_mode="r"),
        Intents(
            frozenset(content["conversation"]),
            content["neighbours"],
            frozenset(content["elsewhere"]),
        ),
    )


def _make(data: Path, encoder: CountedEncoder, told: Path, matrix: Path) -> None:
    catalogue = load_catalogue(data)
    sentences = trained(catalogue)
    found = vectors([one.text for one in sentences], encoder)
    intents = Intents.of(catalogue)
    content: dict[str, Any] = {
        "sentences": [astuple(one) for one in sentences],
        "conversation": sorted(intents.conversation),
        "neighbours": {name: list(near) for name, near in intents.neighbours.items()},
        "elsewhere": sorted(intents.elsewhere),
    }
    told.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=told.parent, suffix=".npy")
    with os.fdopen(handle, "wb") as out:
        np.save(out, found)
    os.replace(name, matrix)
    handle, name = tempfile.mkstemp(dir=told.parent, suffix=".json")
    with os.fdopen(handle, "w", encoding="utf-8") as text:
        json.dump(content, text, ensure_ascii=False)
    os.replace(name, told)
