"""Answers of a classifier to messages it has not learned: a test set, or parts of the training set.

Two ways to part a training set. Cross-validation says how accurate the classifier is. Hiding whole
intents, whose messages then belong to no intent, says how well it knows what it does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from nlu.joint.examples import Example

FOLDS = 5
_SEED = 42

# Learns from examples; label and confidence (0 to 1) of each text.
Classifier = Callable[[Sequence[Example], Sequence[str]], tuple[list[str], np.ndarray]]


@dataclass(frozen=True)
class Answers:
    """True label, label found and confidence of each message."""

    truth: tuple[str, ...]
    found: tuple[str, ...]
    confidence: np.ndarray


def answered(classifier: Classifier, train: Sequence[Example], test: Sequence[Example]) -> Answers:
    """Learns from one set, answers the other."""
    found, confidence = classifier(train, [e.text for e in test])
    return Answers(tuple(e.intent for e in test), tuple(found), confidence)


def cross_validated(classifier: Classifier, examples: Sequence[Example]) -> Answers:
    """Each message answered by a classifier that learned from the other four fifths."""
    parts = _folds([e.intent for e in examples])
    return _joined(
        answered(
            classifier,
            [e for e, part in zip(examples, parts) if part != fold],
            [e for e, part in zip(examples, parts) if part == fold],
        )
        for fold in range(FOLDS)
    )


def hidden_intents(classifier: Classifier, examples: Sequence[Example], no_intent: str) -> Answers:
    """Cross-validation in which each classifier does not learn a fifth of the intents either.

    It answers its fold's messages of the intents it learned, and all messages of those it did not,
    whose truth is `no_intent`.
    """
    parts = _folds([e.intent for e in examples])
    intents = sorted({e.intent for e in examples})
    order = np.random.default_rng(_SEED).permutation(len(intents))
    group = {intents[i]: place % FOLDS for place, i in enumerate(order)}
    answers = []
    for fold in range(FOLDS):
        known = [(e, part) for e, part in zip(examples, parts) if group[e.intent] != fold]
        hidden = [Example(e.text, no_intent) for e in examples if group[e.intent] == fold]
        train = [e for e, part in known if part != fold]
        answers.append(answered(classifier, train, [e for e, p in known if p == fold] + hidden))
    return _joined(answers)


def _folds(labels: Sequence[str]) -> np.ndarray:
    """Fold of each message; the messages of a label are spread evenly over the folds."""
    folds = np.zeros(len(labels), int)
    random = np.random.default_rng(_SEED)
    dealt = 0
    for label in sorted(set(labels)):
        rows = random.permutation([i for i, other in enumerate(labels) if other == label])
        folds[rows] = (dealt + np.arange(len(rows))) % FOLDS
        dealt += len(rows)
    return folds


def _joined(answers: Iterable[Answers]) -> Answers:
    parts = list(answers)
    return Answers(
        tuple(label for part in parts for label in part.truth),
        tuple(label for part in parts for label in part.found),
        np.concatenate([part.confidence for part in parts]),
    )
