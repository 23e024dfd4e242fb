"""Traits of a message, told beside its service: what it asks about, danger, what it can answer.

A trait is a linear model over the features that the services have. Its labels are learned from
the sentences of `data/traits/`, "none of them" from what citizens write when they want a service.
Among these are sentences that have the label all the same ("which papers, and how long?" of a
citizen who wants the certificate), so those that a first model takes for a label teach nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse

from nlu.catalogue.model import Trait
from nlu.classifier import hinge, linear

NONE = "none"
"""The label of a message that has none of a trait's labels."""
_HELD_OUT = 5  # one sentence of so many sets the temperature


@dataclass(frozen=True)
class Examples:
    """Rows of features, the label of each, and whether it was written for the trait itself."""

    rows: linear.Rows
    labels: Sequence[str]
    own: np.ndarray
    texts: Sequence[str]

    def some(self, chosen: np.ndarray) -> Examples:
        """The rows whose places or flags are chosen."""
        at = np.arange(len(self.labels))[chosen]
        dense, hashed = self.rows
        return Examples(
            (dense[at], hashed[at]),
            [self.labels[i] for i in at],
            self.own[at],
            [self.texts[i] for i in at],
        )


def sentences(trait: Trait) -> Iterator[tuple[str, str, str]]:
    """Each sentence of a trait with its label and its key."""
    for label, one in trait.labels.items():
        for key, texts in one.utterances.items():
            yield from ((text, label, key) for text in texts)
    for key, texts in trait.ordinary.items():
        yield from ((text, NONE, key) for text in texts)


def fit(examples: Examples, settings: hinge.Settings) -> linear.LinearModel:
    """A calibrated model. Raises ValueError where there are not at least two labels."""
    held = examples.own & np.asarray([_held_out(text) for text in examples.texts], bool)
    learned = examples.some(~held)
    first = linear.fit(learned.rows, learned.labels, settings)
    learned = learned.some(~_mislabelled(first, learned))
    model = linear.fit(learned.rows, learned.labels, settings)
    left = examples.some(held)
    known = [label in model.labels for label in left.labels]
    left = left.some(np.asarray(known, bool))
    calibrated = linear.calibrate(model, linear.score_rows(model, left.rows), left.labels)
    everything = examples.some(held | ~_mislabelled(first, examples))
    final = linear.fit(everything.rows, everything.labels, settings)
    return linear.LinearModel(
        final.labels,
        final.dense_weights,
        final.columns,
        final.hashed_weights,
        final.bias,
        calibrated.temperature,
    )


def _mislabelled(model: linear.LinearModel, examples: Examples) -> np.ndarray:
    """Those that nobody wrote for the trait, said to have no label, and look as if they had one."""
    scores = linear.score_rows(model, examples.rows)
    none = np.asarray([label == NONE for label in examples.labels])
    best = np.asarray(model.labels)[scores.argmax(axis=1)]
    return ~examples.own & none & (best != NONE)


def _held_out(text: str) -> bool:
    return hashlib.sha256(text.encode()).digest()[0] % _HELD_OUT == 0


def ordinary(examples: Examples) -> Examples:
    """The same rows as what citizens write in general, for another trait."""
    nobody = np.zeros(len(examples.labels), bool)
    return Examples(examples.rows, [NONE] * len(nobody), nobody, examples.texts)


def joined(parts: Sequence[Examples]) -> Examples:
    """All of them, one after the other."""
    dense = np.vstack([part.rows[0] for part in parts])
    hashed = sparse.vstack([part.rows[1] for part in parts]).tocsr()
    labels = [label for part in parts for label in part.labels]
    texts = [text for part in parts for text in part.texts]
    return Examples((dense, hashed), labels, np.concatenate([part.own for part in parts]), texts)


def save(models: Mapping[str, linear.LinearModel], folder: Path) -> None:
    """One file a trait."""
    for name, model in models.items():
        model.save(folder / f"{name}.npz")


def load(folder: Path) -> dict[str, linear.LinearModel]:
    """What `save` wrote."""
    return {file.stem: linear.LinearModel.load(file) for file in sorted(folder.glob("*.npz"))}
