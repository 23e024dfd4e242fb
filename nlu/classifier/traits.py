"""Traits of a message, told beside its service: what it asks about, danger, what it can answer.

A trait is a linear machine a label, over the features that the services have, and one more for
"none of them". A message may have several labels (it asks for papers and the fee), so each has a
probability of its own (Platt 1999, "Probabilistic Outputs for Support Vector Machines"). The
labels are learned from the sentences of `data/traits/`; what has none of them stands there too.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from nlu.catalogue.model import Others, Trait
from nlu.classifier import hinge, linear

NONE = "none"
"""The label of a message that has none of a trait's labels."""
_SURE = 1e-6  # no probability is nearer to 0 or 1
_HELD_OUT = 10  # one sentence of so many sets the probabilities
Labels = Mapping[str, frozenset[str]]
"""The labels of each text; none of them is an empty set."""


def sentences(trait: Trait) -> Iterator[tuple[str, str, str]]:
    """Each sentence of a trait with its label and its key."""
    for label, one in trait.labels.items():
        for key, texts in one.utterances.items():
            yield from ((text, label, key) for text in texts)
    for key, texts in trait.ordinary.items():
        yield from ((text, NONE, key) for text in texts)


def labelled(found: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
    """The labels of each text of (text, label) pairs."""
    by_text: dict[str, frozenset[str]] = {}
    for text, label in found:
        by_text[text] = by_text.get(text, frozenset()) | ({label} - {NONE})
    return by_text


def learned(
    name: str, others: Others, own: Mapping[str, Labels], said: Iterable[tuple[str, str]]
) -> dict[str, frozenset[str]]:
    """What the trait `name` is learned from: `own` sentences by trait, and of the others and of
    what citizens `said` (text, service) those that `others` names, with no label."""
    found = dict(own[name])
    for other, chosen in others.traits.items():
        for text, labels in own.get(other, {}).items():
            if not chosen or labels & set(chosen):
                found.setdefault(text, frozenset())
    for text, service in said if others.utterances else ():
        if service not in others.but and _number(text) % others.utterances == 0:
            found.setdefault(text, frozenset())
    return found


def fit(rows: linear.Rows, found: Labels, settings: hinge.Settings) -> linear.LinearModel:
    """A model whose scores `probabilities` understands; `rows` are those of the texts of `found`.

    Raises ValueError where there are not at least two labels, NONE among them.
    """
    names = tuple(sorted({label for labels in found.values() for label in labels or {NONE}}))
    has = np.asarray(
        [[label in (labels or {NONE}) for label in names] for labels in found.values()]
    )
    if len(names) < 2:
        raise ValueError(f"at least two labels are needed to tell apart, not {len(names)}")
    held = np.asarray([_number(text) // 7 % _HELD_OUT == 0 for text in found], bool)
    columns = linear.seen_columns(rows)
    weights = linear.solved((rows[0][~held], rows[1][~held]), columns, has[~held], settings)
    of_held = linear.joined((rows[0][held], rows[1][held]), columns)
    scores = of_held @ weights[:, :-1].T + weights[:, -1]
    for at, (slope, offset) in enumerate(_calibrated(scores, has[held])):
        weights[at] *= slope
        weights[at, -1] += offset
    return linear.LinearModel.of(names, weights, columns, rows[0].shape[1])


def probabilities(
    model: linear.LinearModel, dense: np.ndarray, hashed: tuple[np.ndarray, np.ndarray]
) -> dict[str, float]:
    """The probability of each label of a message, and of NONE, each by itself."""
    scores = 1 / (1 + np.exp(-model.scores(dense, hashed)))
    return dict(zip(model.labels, map(float, scores)))


def presence(probable: Mapping[str, float]) -> float:
    """Log odds that a message has any label of a trait, from `probabilities`.

    "None of them" and the likeliest label are learned apart, so each is evidence of its own: the
    mean of both is right more often than either (docs/understanding.md).
    """
    likeliest = max((p for label, p in probable.items() if label != NONE), default=0.0)
    return (_log_odds(1 - probable.get(NONE, 1.0)) + _log_odds(likeliest)) / 2


def _log_odds(probability: float) -> float:
    kept = min(max(probability, _SURE), 1 - _SURE)
    return math.log(kept / (1 - kept))


def _calibrated(scores: np.ndarray, has: np.ndarray) -> Iterator[tuple[float, float]]:
    """Slope and offset of each label's log odds; 1 and 0 where the held out ones cannot tell."""
    from sklearn.linear_model import LogisticRegression

    for score, own in zip(scores.T, has.T):
        if own.all() or not own.any():
            yield 1.0, 0.0
            continue
        line = LogisticRegression().fit(score[:, None], own)
        yield float(line.coef_[0, 0]), float(line.intercept_[0])


def _number(text: str) -> int:
    """The same number for the same text, spread evenly."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def save(models: Mapping[str, linear.LinearModel], folder: Path) -> None:
    """One file a trait."""
    for name, model in models.items():
        model.save(folder / f"{name}.npz")


def load(folder: Path) -> dict[str, linear.LinearModel]:
    """What `save` wrote."""
    return {file.stem: linear.LinearModel.load(file) for file in sorted(folder.glob("*.npz"))}
