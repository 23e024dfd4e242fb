"""Development data: what a model says about messages that it was not fitted on.

A model of the registry carries them as `report/development.npz`: the catalogue's development
sentences or, where it has none, the utterances that its training held back.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

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
