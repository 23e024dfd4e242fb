"""Parting a training set: nothing is answered by who learned it, and everything is answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from benchmarks.held_out import FOLDS, answered, cross_validated, hidden_intents
from nlu.joint.examples import Example

NO = "none"
TEXTS = {
    "bill": ["కరెంటు బిల్లు {}", "bijli bill {}"],
    "bus": ["బస్ {}", "बस {}"],
    "pan": ["pan card {}", "పాన్ {}"],
    "temple": ["gudi {}", "मंदिर {}"],
    "water": ["water tap {}", "నీళ్ళు {}"],
}
EXAMPLES = [
    Example(pattern.format(number), intent)
    for intent, patterns in TEXTS.items()
    for pattern in patterns
    for number in range(5)
]


class Recorder:
    """A classifier that remembers what it was given and always answers its first intent."""

    def __init__(self) -> None:
        self.runs: list[tuple[set[str], set[str], list[str]]] = []

    def __call__(
        self, train: Sequence[Example], texts: Sequence[str]
    ) -> tuple[list[str], np.ndarray]:
        intents = {e.intent for e in train}
        self.runs.append(({e.text for e in train}, intents, list(texts)))
        return [min(intents)] * len(texts), np.full(len(texts), 0.5)


def test_cross_validation_answers_each_message_once_unlearned() -> None:
    recorder = Recorder()
    answers = cross_validated(recorder, EXAMPLES)
    assert len(recorder.runs) == FOLDS
    assert all(not learned & set(asked) for learned, _, asked in recorder.runs)
    asked = [text for _, _, texts in recorder.runs for text in texts]
    assert sorted(asked) == sorted(e.text for e in EXAMPLES)
    assert Counter(answers.truth) == Counter(e.intent for e in EXAMPLES)
    assert len(answers.found) == len(answers.confidence) == len(EXAMPLES)


def test_cross_validation_spreads_each_intent_over_the_folds() -> None:
    recorder = Recorder()
    cross_validated(recorder, EXAMPLES)
    assert recorder.runs
    for _, intents, asked in recorder.runs:
        assert intents == set(TEXTS)
        assert len(asked) == len(EXAMPLES) / FOLDS


def test_hidden_intents_are_out_of_scope_for_who_did_not_learn_them() -> None:
    """Every intent is hidden once; its messages are asked with `no_intent` as their truth."""
    recorder = Recorder()
    answers = hidden_intents(recorder, EXAMPLES, NO)
    by_text = {e.text: e.intent for e in EXAMPLES}
    hidden = Counter()
    for learned, intents, asked in recorder.runs:
        assert not learned & set(asked)
        hidden.update(set(TEXTS) - intents)
        for text in asked:
            assert by_text[text] in TEXTS
    assert hidden == Counter(dict.fromkeys(TEXTS, 1))
    assert Counter(answers.truth)[NO] == len(EXAMPLES)


@pytest.mark.parametrize("text", ["పాన్ కార్డు", "pan kaardu", "पैन कार्ड", "pan kard", "pan card"])
def test_a_test_set_is_answered_in_its_order(text: str) -> None:
    answers = answered(Recorder(), EXAMPLES, [Example(text, "pan"), Example("hmm", NO)])
    assert answers.truth == ("pan", NO)
    assert answers.found == ("bill", "bill")
