"""Ranks intents by what a speech model wrote: machines beside those for written words.

A transcript of Telugu or Hindi in Latin letters keeps the sound and little else. It would only blur
what is learned from written words, and to the encoder its words mean something else. Here linear
machines see spellings by sound alone, learned from transcripts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from nlu.classifier import hinge, linear, views
from nlu.classifier.views import Views

_WEIGHTS, _FACTS = "transcripts.npz", "transcripts.json"
_NOTHING = np.zeros(0, np.float32)


@dataclass(frozen=True)
class TranscriptModel:
    """Machines of transcripts, the spellings that they see, and by how much the score of a label
    is lowered: what is out of scope has by far the most sentences, and every transcript that went
    wrong is a little like one of them."""

    machines: linear.LinearModel
    views: Views
    lowered: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def fit(
        cls,
        texts: Sequence[str],
        intents: Sequence[str],
        seen: Views,
        cost: float,
        lowered: Mapping[str, float] | None = None,
        *,
        workers: int = 1,
    ) -> TranscriptModel:
        """Learns from texts with an intent each; not yet calibrated."""
        hashed = views.matrix(texts, seen, workers=workers)
        dense = np.zeros((len(texts), 0), np.float32)
        machines = linear.fit((dense, hashed), intents, hinge.Settings(cost=cost))
        return cls(machines, seen, lowered or {})

    def calibrated(self, texts: Sequence[str], truth: Sequence[str]) -> TranscriptModel:
        """With the temperature that suits transcripts that nothing was learned from."""
        scores = np.stack([self._scores(text) for text in texts])
        return replace(self, machines=linear.calibrate(self.machines, scores, truth))

    @property
    def labels(self) -> tuple[str, ...]:
        """In the order of what `probabilities` returns."""
        return self.machines.labels

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Calibrated probabilities (labels,) of one message; `texts` is all that it may be."""
        scores = np.mean([self._scores(text) for text in texts], axis=0)
        return linear.softmax(scores / self.machines.temperature)

    def save(self, folder: Path) -> None:
        """Writes two files into a folder."""
        self.machines.save(folder / _WEIGHTS)
        (folder / _FACTS).write_text(
            json.dumps({"views": self.views, "lowered": self.lowered}), "utf-8"
        )

    @classmethod
    def load(cls, folder: Path) -> TranscriptModel | None:
        """What `save` wrote; None where it wrote nothing."""
        if not (folder / _FACTS).is_file():
            return None
        facts = json.loads((folder / _FACTS).read_text("utf-8"))
        machines = linear.LinearModel.load(folder / _WEIGHTS)
        return cls(machines, facts["views"], facts["lowered"])

    def _scores(self, text: str) -> np.ndarray:
        scores = self.machines.scores(_NOTHING, views.hashed(text, self.views))
        for label, by in self.lowered.items():
            if label in self.labels:
                scores[self.labels.index(label)] -= by
        return scores
