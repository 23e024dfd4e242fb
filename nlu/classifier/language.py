"""Which of the utterance keys a message is written in: script first, then a small model.

Telugu and Devanagari letters decide by themselves. Among Latin-only messages a linear model over
character n-grams, trained on the catalogue's own utterances, tells romanised Telugu, romanised
Hindi and English apart; the language a citizen used before counts as prior evidence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nlu.classifier import char_ngrams, linear
from nlu.text import normalise
from nlu.text.script import shares


@dataclass(frozen=True)
class Key:
    """One utterance key of `data/languages.yml`: its language and script."""

    key: str
    language: str
    script: str


@dataclass(frozen=True)
class LanguageGuess:
    """The key of a message, how sure we are (0 to 1), and its script (ISO 15924)."""

    key: str
    language: str
    confidence: float
    script: str


@dataclass(frozen=True)
class LanguageIdentifier:
    """Guesses keys. `prior_weight` multiplies the odds of the citizen's own language."""

    keys: tuple[Key, ...]
    model: linear.LinearModel
    prior_weight: float
    native_share: float
    default_language: str

    def guess(self, text: str, prior: str | None = None) -> LanguageGuess:
        """Guesses from the text and the language the citizen used before, if known."""
        share = shares(text)
        native = [k for k in self.keys if k.script != "Latn" and share.get(k.script, 0.0) > 0]
        best = max(native, key=lambda k: share[k.script], default=None)
        if best is not None and share[best.script] >= self.native_share:
            return LanguageGuess(best.key, best.language, share[best.script], best.script)
        if share.get("Latn", 0.0) == 0.0:
            return self._without_letters(prior)
        return self._latin(text, prior)

    def _without_letters(self, prior: str | None) -> LanguageGuess:
        language = prior or self.default_language
        key = next(k for k in self.keys if k.language == language)
        return LanguageGuess(key.key, key.language, 0.0, "Zyyy")

    def _latin(self, text: str, prior: str | None) -> LanguageGuess:
        probabilities = self.model.probabilities(np.zeros(0, np.float32), _hashed(text))
        by_key = {k.key: k for k in self.keys}
        odds = np.asarray(
            [
                p * (self.prior_weight if by_key[label].language == prior else 1.0)
                for p, label in zip(probabilities, self.model.labels)
            ]
        )
        odds /= odds.sum()
        at = int(odds.argmax())
        key = by_key[self.model.labels[at]]
        return LanguageGuess(key.key, key.language, float(odds[at]), "Latn")

    def save(self, folder: Path) -> None:
        """Writes the model to `folder`; the settings come from config.yml."""
        self.model.save(folder / "language.npz")


def _hashed(text: str) -> tuple[np.ndarray, np.ndarray]:
    lowered = normalise(text).text.lower()
    letters = "".join(c if c.isalpha() else " " for c in lowered)
    return char_ngrams.hashed([("l", letters, 1, 4)])


def train(
    examples: Mapping[str, Sequence[str]], keys: Sequence[Key], *, ridge: float
) -> linear.LinearModel:
    """Trains on `{key: texts}`; only keys written in Latin letters take part."""
    latin = [k.key for k in keys if k.script == "Latn"]
    rows, labels = [], []
    for key in latin:
        for text in examples.get(key, ()):
            rows.append(_hashed(text))
            labels.append(key)
    dense = np.zeros((len(rows), 0), np.float32)
    fitted = linear.fit((dense, char_ngrams.matrix(rows)), labels, ridge=ridge)
    return linear.calibrate(fitted.model, fitted.left_out, labels)
