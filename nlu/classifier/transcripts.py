"""Ranks intents by what a speech model wrote: a machine beside the one for written words.

A transcript of Telugu or Hindi keeps the sound and little else, so that it would only blur what is
learned from written words, and the sentence vector misleads. Here linear machines see spellings by
sound alone, learned from transcripts. Their scores are weighed against the written words' ranking
(`stacking`), which knows clearly heard words better.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from nlu.classifier import hinge, linear, views
from nlu.classifier.stacking import Stacking
from nlu.classifier.stacking import fit as stacked
from nlu.classifier.views import Views

_WEIGHTS, _FACTS = "transcripts.npz", "transcripts.json"
_SMALLEST = 1e-6  # of a probability, before its logarithm
_NOTHING = np.zeros(0, np.float32)


@dataclass(frozen=True)
class TranscriptModel:
    """Machines of transcripts, and their weight beside the ranking of written words.

    `labels` are those of that ranking; one that the machines never saw is as unlikely to them as
    can be.
    """

    labels: tuple[str, ...]
    machines: linear.LinearModel
    stacking: Stacking
    views: Views

    @classmethod
    def fit(
        cls,
        labels: Sequence[str],
        texts: Sequence[str],
        intents: Sequence[str],
        seen: Views,
        cost: float,
        *,
        workers: int = 1,
    ) -> TranscriptModel:
        """Learns from texts with an intent each; not yet weighed."""
        hashed = views.matrix(texts, seen, workers=workers)
        dense = np.zeros((len(texts), 0), np.float32)
        machines = linear.fit((dense, hashed), intents, hinge.Settings(cost=cost))
        return cls(tuple(labels), machines, Stacking(1.0, 1.0), seen)

    def weighed(
        self, written: np.ndarray, texts: Sequence[str], truth: Sequence[str]
    ) -> TranscriptModel:
        """Weighed on transcripts that nothing was learned from: `written` (texts, labels) are the
        probabilities of written words, `truth` the intents."""
        places = {label: at for at, label in enumerate(self.labels)}
        found = stacked(_logarithm(written), self._scores(texts), [places[name] for name in truth])
        return TranscriptModel(self.labels, self.machines, found, self.views)

    def probabilities(self, written: np.ndarray, texts: Sequence[str]) -> np.ndarray:
        """Calibrated probabilities (labels,) of one message: `written` (labels,) are those of its
        first text as written words, `texts` all that the speech may be."""
        scores = self._scores(texts).mean(axis=0)
        return self.stacking.probabilities(_logarithm(written), scores)

    def save(self, folder: Path) -> None:
        """Writes two files into a folder."""
        self.machines.save(folder / _WEIGHTS)
        facts = {"stacking": asdict(self.stacking), "views": self.views}
        (folder / _FACTS).write_text(json.dumps(facts), "utf-8")

    @classmethod
    def load(cls, folder: Path, labels: Sequence[str]) -> TranscriptModel | None:
        """What `save` wrote for a ranking of `labels`; None where it wrote nothing."""
        if not (folder / _FACTS).is_file():
            return None
        facts = json.loads((folder / _FACTS).read_text("utf-8"))
        machines = linear.LinearModel.load(folder / _WEIGHTS)
        return cls(tuple(labels), machines, Stacking(**facts["stacking"]), facts["views"])

    def _scores(self, texts: Sequence[str]) -> np.ndarray:
        """Scores (texts, labels)."""
        own = np.stack(
            [self.machines.scores(_NOTHING, views.hashed(text, self.views)) for text in texts]
        )
        found = np.full((len(texts), len(self.labels)), -1.0, np.float32)
        places = {label: at for at, label in enumerate(self.labels)}
        found[:, [places[label] for label in self.machines.labels]] = own
        return found


def _logarithm(probabilities: np.ndarray) -> np.ndarray:
    return np.log(np.maximum(probabilities, _SMALLEST))
