"""Traits are learned from a few sentences of their own, beside the many that want a service."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.catalogue.model import Trait, TraitLabel
from nlu.classifier import hinge, traits, views

VIEWS = {"written": (2, 4), "folded": (2, 4)}
QUESTIONS = [f"how many days does the {what} take" for what in ("bill", "card", "pass", "plan")]
QUESTIONS += [f"{what} కి ఎన్ని రోజులు పడుతుంది" for what in ("బిల్లు", "కార్డు", "పాస్", "ప్లాన్")]
WANTS = [f"I want a new {what} please" for what in ("bill", "card", "pass", "plan", "paper")]
WANTS += [f"నాకు కొత్త {what} కావాలి" for what in ("బిల్లు", "కార్డు", "పాస్", "ప్లాన్", "పత్రం")]
MISPLACED = "how many days does the new card take"
"""An utterance of a service that asks all the same."""


def examples(texts: list[str], labels: list[str], own: bool) -> traits.Examples:
    rows = (np.zeros((len(texts), 0), np.float32), views.matrix(texts, VIEWS))
    return traits.Examples(rows, labels, np.full(len(texts), own), texts)


@pytest.fixture(scope="module")
def learned() -> traits.Examples:
    own = QUESTIONS * 3 + WANTS
    labels = ["days"] * len(QUESTIONS) * 3 + [traits.NONE] * len(WANTS)
    services = [f"{text} today" for text in WANTS] + [MISPLACED]
    return traits.joined(
        [examples(own, labels, True), examples(services, [traits.NONE] * len(services), False)]
    )


def probability(model: object, text: str) -> float:
    hashed = views.hashed(text, VIEWS)
    found = model.probabilities(np.zeros(0, np.float32), hashed)  # type: ignore[attr-defined]
    return float(found[model.labels.index("days")])  # type: ignore[attr-defined]


@pytest.mark.parametrize("text", ["how many days for a licence", "ఎన్ని రోజులు పడుతుంది"])
def test_what_has_the_label_is_known(learned: traits.Examples, text: str) -> None:
    assert probability(traits.fit(learned, hinge.Settings()), text) > 0.5


@pytest.mark.parametrize("text", ["I want a licence", "నాకు లైసెన్స్ కావాలి"])
def test_what_wants_a_service_has_none(learned: traits.Examples, text: str) -> None:
    assert probability(traits.fit(learned, hinge.Settings()), text) < 0.5


def test_an_utterance_that_has_the_label_teaches_nothing_else(learned: traits.Examples) -> None:
    """It stands among those that want a service, and would teach that questions are none."""
    assert probability(traits.fit(learned, hinge.Settings()), MISPLACED) > 0.5


def test_the_same_sentences_give_the_same_model(learned: traits.Examples) -> None:
    one, other = (traits.fit(learned, hinge.Settings()) for _ in range(2))
    assert (one.hashed_weights.values == other.hashed_weights.values).all()
    assert one.temperature == other.temperature


def test_sentences_come_with_label_and_key() -> None:
    trait = Trait({"days": TraitLabel({"en": ("how long",)})}, {"hi": ("बिल भरना है",)})
    assert list(traits.sentences(trait)) == [
        ("how long", "days", "en"),
        ("बिल भरना है", traits.NONE, "hi"),
    ]
