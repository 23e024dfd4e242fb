"""The `full` profile without Rasa, for data sets that are no catalogue.

The same parts as `SentenceEncoder` and `ServiceClassifier`: the encoder fine-tuned jointly for
intents and slots and exported to ONNX int8, character n-grams beside it, and the two weighed
against each other on messages that the network did not learn from.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.pipeline import component
from nlu.classifier import hinge, linear, stacking, views
from nlu.encoder.provision import transformer_folder
from nlu.joint.examples import Example, Span
from nlu.joint.model import JointModel, Understood
from nlu.joint.settings import Settings


@dataclass(frozen=True)
class FullModel:
    """A trained network, n-gram model and their weights."""

    joint: JointModel
    ngrams: linear.LinearModel
    weights: stacking.Stacking
    views: dict[str, tuple[int, int]]
    seconds: float
    epochs: float

    def predict(self, texts: Sequence[str]) -> tuple[np.ndarray, list[tuple[Span, ...]]]:
        """Calibrated probabilities (texts, intents) and slot values of normalised texts."""
        understood = self.joint.understand(texts, workers=os.cpu_count() or 1)
        return self.combined(texts, understood), [one.spans for one in understood]

    def combined(self, texts: Sequence[str], understood: Sequence[Understood]) -> np.ndarray:
        """Probabilities (texts, intents) from the network's logits and the n-grams."""
        logits = np.stack([one.logits for one in understood])
        return self.weights.probabilities(logits, _scores(self.ngrams, texts, self.views))


def train(
    examples: Sequence[Example],
    development: Sequence[Example],
    folder: Path,
    *,
    minutes: float | None = None,
    threads: int = 1,
    say: Any = None,
    **changes: Any,
) -> FullModel:
    """Trains on normalised `examples`; `development`, not learned from, sets the weights.

    Writes int8 to `folder` and float32 to `folder/float32`. `changes` override the settings of
    config.yml.
    """
    from nlu.joint import export, training

    encoder = component("SentenceEncoder")
    given = {k: v for k, v in encoder["joint"].items() if k not in ("development", "augment")}
    settings = replace(Settings(), **{**given, **changes})
    if minutes is not None:
        settings = replace(settings, budget_minutes=minutes)
    trained = training.train(
        examples,
        transformer_folder(encoder["model"]),
        settings,
        threads=threads,
        say=say,
    )
    learned = [e.text for e in examples]
    export.export(trained, folder, max_tokens=settings.max_tokens, int8_on=learned)
    export.export(trained, folder / "float32", max_tokens=settings.max_tokens)
    return weighed(examples, development, folder, trained.seconds, trained.epochs)


def weighed(
    examples: Sequence[Example],
    development: Sequence[Example],
    folder: Path,
    seconds: float = 0.0,
    epochs: float = 0.0,
) -> FullModel:
    """The network that `train` wrote to `folder`, beside n-grams learned from `examples`."""
    joint = JointModel(folder)
    classifier = component("ServiceClassifier")
    lengths = {name: (low, high) for name, (low, high) in classifier["views"].items()}
    ngrams = linear.fit(
        (np.zeros((len(examples), 0), np.float32), _hashed([e.text for e in examples], lengths)),
        [e.intent for e in examples],
        hinge.Settings(cost=float(classifier["cost"])),
    )
    texts = [e.text for e in development]
    logits = [one.logits for one in joint.understand(texts, workers=os.cpu_count() or 1)]
    truth = [joint.intents.index(e.intent) for e in development]
    scores = _scores(ngrams, texts, lengths)
    weights = stacking.fit(np.stack(logits), scores, truth)
    return FullModel(joint, ngrams, weights, lengths, seconds, epochs)


def _hashed(texts: Sequence[str], lengths: dict[str, tuple[int, int]]) -> Any:
    return views.matrix(texts, lengths)


def _scores(
    model: linear.LinearModel, texts: Sequence[str], lengths: dict[str, tuple[int, int]]
) -> np.ndarray:
    dense = np.zeros((len(texts), 0), np.float32)
    return linear.score_rows(model, (dense, _hashed(texts, lengths)))
