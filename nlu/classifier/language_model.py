"""The model that tells romanised Telugu, romanised Hindi and English apart, as it ships.

Softmax regression over hashed character n-grams of words, weights in int8. One label is a key,
or a key with `+mix`: a message whose grammar is the key's and whose nouns are English. Made by
`nlu.training.language_model`, kept in `data/language/model.npz`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlu.classifier import char_ngrams
from nlu.classifier.linear import softmax
from nlu.text import normalise
from nlu.text.indic_letters import romanise

BITS = 18
BUCKETS = 1 << BITS
LONGEST = 5  # letters of an n-gram, spaces at a word's border included
MIX = "+mix"


def features(text: str) -> tuple[np.ndarray, np.ndarray]:
    """Buckets (int64) of a message's n-grams, and their weights (float32, unit length).

    Letters only, lower case, those of other scripts in rough Latin: digits and punctuation say
    nothing about the language, and an English sentence with one Telugu verb is one sentence.
    """
    lowered = (text if text.isascii() else normalise(text).text).lower()
    words = "".join(c if c.isalpha() or _is_sign(c) else " " for c in lowered).split()
    latin = " ".join(word if word.isascii() else romanise(word) for word in words)
    found = char_ngrams.ngram_buckets(latin, 1, LONGEST, "l") >> (char_ngrams.BITS - BITS)
    buckets, counts = np.unique(found, return_counts=True)
    weights = (1.0 + np.log(counts)).astype(np.float32)
    return buckets, weights / max(float(np.linalg.norm(weights)), 1e-9)


def _is_sign(character: str) -> bool:
    """A vowel sign or virama of Devanagari or Telugu, which `isalpha` does not count."""
    return "\u0900" <= character <= "\u0903" or "\u093a" <= character <= "\u0d7f"


@dataclass(frozen=True)
class LanguageModel:
    """Scores = scale * (weights[buckets] summed by feature weight) + bias.

    `weights` is int8 (BUCKETS, labels), `scale` and `bias` float32 (labels,); `provenance` says
    what it was trained on.
    """

    labels: tuple[str, ...]
    weights: np.ndarray
    scale: np.ndarray
    bias: np.ndarray
    provenance: str = ""

    def probabilities(self, text: str) -> np.ndarray:
        """Probabilities (labels,) of one message."""
        buckets, values = features(text)
        scores = values @ self.weights[buckets].astype(np.float32) * self.scale + self.bias
        return softmax(scores)

    @classmethod
    def quantised(
        cls, labels: tuple[str, ...], weights: np.ndarray, bias: np.ndarray, provenance: str = ""
    ) -> LanguageModel:
        """From float weights (BUCKETS, labels): each label's largest becomes 127."""
        scale = np.maximum(np.abs(weights).max(axis=0), 1e-9) / 127
        rounded = np.rint(weights / scale).astype(np.int8)
        return cls(labels, rounded, scale.astype(np.float32), bias.astype(np.float32), provenance)

    def save(self, path: Path) -> None:
        """Writes one npz. The same model gives the same bytes."""
        np.savez_compressed(
            path,
            labels=np.asarray(self.labels),
            weights=self.weights,
            scale=self.scale,
            bias=self.bias,
            provenance=np.asarray(self.provenance),
        )

    @classmethod
    def load(cls, path: Path) -> LanguageModel:
        """Reads what `save` wrote. Raises FileNotFoundError."""
        with np.load(path, allow_pickle=False) as data:
            return cls(
                tuple(str(label) for label in data["labels"]),
                data["weights"],
                data["scale"],
                data["bias"],
                str(data["provenance"]),
            )
