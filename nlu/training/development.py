"""Development data: what a model says about messages that it was not fitted on.

A model of the registry may carry them as `report/development.npz`. Without that file they are made
here: the leave-one-out scores of the classifier of config.yml, fitted on the catalogue's utterances
without their varied copies, since a message with a copy is never wholly left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlu.training.outcome import Ranked

FILE = "report/development.npz"
LENGTH = 10  # of a ranking, as the classifier gives it


@dataclass(frozen=True)
class Development:
    """Calibrated probabilities (n, labels) of n messages, what each meant and its key."""

    labels: tuple[str, ...]
    probabilities: np.ndarray
    truth: tuple[str, ...]
    key: tuple[str, ...]

    def rows(self) -> list[Ranked]:
        """The messages as the decision sees them."""
        order = np.argsort(-self.probabilities, axis=1, kind="stable")[:, :LENGTH]
        return [
            Ranked(truth, key, [(self.labels[i], float(chances[i])) for i in best])
            for truth, key, chances, best in zip(self.truth, self.key, self.probabilities, order)
        ]

    def save(self, path: Path) -> None:
        """Writes one npz; probabilities as float16."""
        path.parent.mkdir(parents=True, exist_ok=True)
        np.savez_compressed(
            path,
            labels=np.asarray(self.labels),
            probabilities=self.probabilities.astype(np.float16),
            truth=np.asarray(self.truth),
            key=np.asarray(self.key),
        )

    @classmethod
    def load(cls, path: Path) -> Development:
        """Reads what `save` wrote; `truth` may also be places in `labels`."""
        with np.load(path, allow_pickle=False) as data:
            labels = tuple(str(label) for label in data["labels"])
            truth = data["truth"]
            meant = truth if truth.dtype.kind == "U" else data["labels"][truth]
            return cls(
                labels,
                data["probabilities"].astype(np.float32),
                tuple(str(name) for name in meant),
                tuple(str(key) for key in data["key"]),
            )


def left_out(config: Path) -> Development:
    """Leave-one-out probabilities of the catalogue's utterances, none of them varied."""
    import yaml

    from nlu.classifier import char_ngrams, linear, views
    from nlu.classifier.intent_model import IntentSettings
    from nlu.components.project import catalogue
    from nlu.encoder.onnx_encoder import OnnxEncoder
    from nlu.encoder.provision import encoder_folder
    from nlu.encoder.vector_cache import VectorCache
    from nlu.text import normalise

    pipeline = yaml.safe_load(config.read_text("utf-8"))["pipeline"]
    components = {component["name"].rpartition(".")[2]: component for component in pipeline}
    known = catalogue("data")
    intents: dict[str, Any] = {**known.services, **known.conversation}
    examples = [
        (utterance.text, name, key)
        for name, intent in intents.items()
        for key, utterances in intent.utterances.items()
        for utterance in utterances
    ]
    texts, truth, key = (tuple(column) for column in zip(*examples))
    settings = IntentSettings.of(components["ServiceClassifier"])
    encoder = VectorCache(OnnxEncoder(encoder_folder(components["SentenceEncoder"]["model"])))
    vectors = encoder.encode([normalise(text).text for text in texts])
    hashed = char_ngrams.matrix([views.hashed(text, settings.views) for text in texts])
    rows = vectors * settings.dense_weight, hashed
    fitted = linear.fit(rows, list(truth), ridge=settings.ridge, balance=settings.balance)
    model = linear.calibrate(fitted.model, fitted.left_out, list(truth))
    chances = linear.softmax(fitted.left_out / model.temperature)
    return Development(model.labels, chances, truth, key)
