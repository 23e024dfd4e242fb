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
    """Leave-one-out probabilities of the catalogue's utterances, as if they had no copies."""
    import yaml

    from nlu.classifier import linear
    from nlu.components.importer import CatalogueImporter
    from nlu.components.sentence_encoder import SentenceEncoder
    from nlu.components.service_classifier import ServiceClassifier
    from nlu.components.training_example import KEY

    pipeline = yaml.safe_load(config.read_text("utf-8"))["pipeline"]

    def settings(component: Any) -> dict[str, Any]:
        mine = [c for c in pipeline if c["name"].endswith(f".{component.__name__}")]
        return {**component.get_default_config(), **(mine[0] if mine else {})}

    data = CatalogueImporter(str(config)).get_nlu_data()
    encoder = SentenceEncoder(settings(SentenceEncoder))
    messages = encoder.process_training_data(data).intent_examples
    chosen = settings(ServiceClassifier)
    classifier = ServiceClassifier(chosen, None, None)  # type: ignore[arg-type]
    truth = [message.get("intent") for message in messages]
    fitted = linear.fit(
        classifier._rows(messages),
        truth,
        ridge=float(chosen["ridge"]),
        balance=float(chosen["balance"]),
    )
    model = linear.calibrate(fitted.model, fitted.left_out, truth)
    key = [message.get("metadata")["example"][KEY] for message in messages]
    chances = linear.softmax(fitted.left_out / model.temperature)
    return Development(model.labels, chances, tuple(truth), tuple(key))
