"""The encoder and the classifier of config.yml, for data sets that are no catalogue."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.intent_model import IntentModel, IntentSettings
from nlu.encoder.onnx_encoder import OnnxEncoder, VectorCache
from nlu.encoder.provision import encoder_folder, make
from nlu.fast_yaml import load_yaml
from nlu.joint.examples import Example
from nlu.paths import cache_folder
from nlu.text import normalise

ROOT = Path(__file__).resolve().parents[1]
_BLOCK = 2000  # texts between two lines of progress


def settings(benchmark: str) -> dict[str, Any]:
    """The section of benchmarks/settings.yml over the `ServiceClassifier` of config.yml."""
    return {**component("ServiceClassifier"), **own_settings(benchmark)}


def own_settings(benchmark: str) -> dict[str, Any]:
    """The section of benchmarks/settings.yml."""
    own = load_yaml((ROOT / "benchmarks" / "settings.yml").read_text("utf-8"))
    return own[benchmark]


def published(benchmark: str) -> dict[str, Any]:
    """What others reported: the section of benchmarks/published.yml."""
    return load_yaml((ROOT / "benchmarks" / "published.yml").read_text("utf-8"))[benchmark]


class Vectors:
    """Sentence vectors of one encoder; those of earlier runs are read from the cache, once."""

    def __init__(self, encoder: OnnxEncoder) -> None:
        """An encoder whose folder has been made."""
        self._cache = VectorCache(encoder, cache_folder() / "embeddings" / "benchmarks")
        self._known: dict[str, np.ndarray] = {}
        self._dimension = encoder.dimension

    @classmethod
    def configured(cls) -> Vectors:
        """Of the encoder that config.yml (or SEVA_ENCODER_MODEL) names."""
        return cls(OnnxEncoder(encoder_folder(component("SentenceEncoder")["model"])))

    @classmethod
    def of(cls, source: str) -> Vectors:
        """Of this very encoder, whatever config.yml or the environment names."""
        return cls(OnnxEncoder(make(source)))

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors (texts, dimension) of texts as they are; progress on stderr."""
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        for start in range(0, len(new), _BLOCK):
            block = new[start : start + _BLOCK]
            self._known.update(zip(block, self._cache.encode(block)))
            if len(new) > _BLOCK:
                print(f"vectors: {start + len(block)} of {len(new)}", file=sys.stderr)
        if not texts:
            return np.zeros((0, self._dimension), np.float32)
        return np.stack([self._known[text] for text in texts])

    def normalised(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors as the `SentenceEncoder` of the pipeline makes them."""
        return self([normalise(text).text for text in texts])


def fit(
    examples: Sequence[Example], vectors: Vectors, benchmark_settings: Mapping[str, Any]
) -> IntentModel:
    """Trains profile `fast` on examples."""
    texts = [e.text for e in examples]
    labels = [e.intent for e in examples]
    return IntentModel.fit(
        texts, labels, vectors.normalised(texts), IntentSettings.of(benchmark_settings)
    )


def accuracy(model: IntentModel, examples: Sequence[Example], vectors: Vectors) -> float:
    """Share (0 to 1) of examples whose intent comes first."""
    texts = [e.text for e in examples]
    found = model.predict(texts, vectors.normalised(texts))
    return float(np.mean([f == e.intent for f, e in zip(found, examples)]))


def component(name: str) -> dict[str, Any]:
    """The settings of a component of config.yml, by the name of its class."""
    config = load_yaml((ROOT / "config.yml").read_text("utf-8"))
    return next(c for c in config["pipeline"] if c["name"].endswith("." + name))
