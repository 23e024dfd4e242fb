"""Traits are learned from sentences of their own, beside some of the many that want a service."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.catalogue.model import Others, Trait, TraitLabel
from nlu.classifier import hinge, linear, traits, views

VIEWS = {"written": (2, 4), "folded": (2, 4)}
KINDS = ("bill", "card", "pass", "plan", "paper", "permit", "certificate", "licence")
THINGS = [f"{of} {kind}" for kind in KINDS for of in ("land", "water", "old", "shop", "house")]
DAYS = [f"how many days does the {thing} take" for thing in THINGS]
FEES = [f"what is the fee of the {thing}" for thing in THINGS]
BOTH = [f"how many days does the {thing} take and what is the fee" for thing in THINGS]
WANTS = [f"I want a new {thing} please" for thing in THINGS]
WANTS += [f"నాకు కొత్త {thing} కావాలి" for thing in THINGS]


def rows(texts: list[str]) -> linear.Rows:
    return np.zeros((len(texts), 0), np.float32), views.matrix(texts, VIEWS)


@pytest.fixture(scope="module")
def found() -> dict[str, frozenset[str]]:
    pairs = [(text, "days") for text in DAYS + BOTH] + [(text, "fee") for text in FEES + BOTH]
    return traits.labelled([*pairs, *((text, traits.NONE) for text in WANTS)])


@pytest.fixture(scope="module")
def model(found: dict[str, frozenset[str]]) -> linear.LinearModel:
    return traits.fit(rows(list(found)), found, hinge.Settings())


def likely(model: linear.LinearModel, text: str) -> set[str]:
    """The labels that are likelier than not."""
    found = traits.probabilities(model, np.zeros(0, np.float32), views.hashed(text, VIEWS))
    return {label for label, probability in found.items() if probability > 0.5}


def test_sentence_with_two_labels_has_both(found: dict[str, frozenset[str]]) -> None:
    assert found[BOTH[0]] == {"days", "fee"} and found[WANTS[0]] == frozenset()


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("how many days does the visa take", {"days"}),
        ("what is the fee of the visa", {"fee"}),
        ("how many days does the visa take and what is the fee", {"days", "fee"}),
        ("I want a new visa please", {traits.NONE}),
        ("నాకు కొత్త visa కావాలి", {traits.NONE}),
    ],
)
def test_each_label_is_told_by_itself(
    model: linear.LinearModel, text: str, labels: set[str]
) -> None:
    assert likely(model, text) == labels


def test_the_same_sentences_give_the_same_model(
    model: linear.LinearModel, found: dict[str, frozenset[str]]
) -> None:
    again = traits.fit(rows(list(found)), found, hinge.Settings())
    assert (again.hashed_weights.values == model.hashed_weights.values).all()
    assert (again.bias == model.bias).all()


def test_one_label_alone_cannot_be_told(found: dict[str, frozenset[str]]) -> None:
    days = {text: labels for text, labels in found.items() if labels == {"days"}}
    with pytest.raises(ValueError, match="at least two labels"):
        traits.fit(rows(list(days)), days, hinge.Settings())


def test_sentences_come_with_label_and_key() -> None:
    trait = Trait({"days": TraitLabel({"en": ("how long",)})}, {"hi": ("बिल भरना है",)})
    assert list(traits.sentences(trait)) == [
        ("how long", "days", "en"),
        ("बिल भरना है", traits.NONE, "hi"),
    ]


OWN = {
    "about": traits.labelled([("how long", "days"), ("apply", traits.NONE)]),
    "answer": traits.labelled([("Ravi", "name"), ("Kavali", "place"), ("why", traits.NONE)]),
}
SAID = [("I want a bill", "bill"), ("the wire fell", "wire")]


@pytest.mark.parametrize(
    ("others", "more"),
    [
        (Others(), set()),
        (Others(traits={"answer": ("name",)}), {"Ravi"}),
        (Others(traits={"answer": ()}), {"Ravi", "Kavali", "why"}),
        (Others(utterances=1), {"I want a bill", "the wire fell"}),
        (Others(utterances=1, but=("wire",)), {"I want a bill"}),
    ],
    ids=["none", "a label", "a trait", "utterances", "but those of a service"],
)
def test_what_others_say_has_no_label(others: Others, more: set[str]) -> None:
    found = traits.learned("about", others, OWN, SAID)
    assert found == {**OWN["about"], **dict.fromkeys(more, frozenset())}


def test_own_sentence_keeps_its_label_whoever_says_it_too() -> None:
    found = traits.learned("about", Others(utterances=1), OWN, [("how long", "bill")])
    assert found["how long"] == {"days"}


def test_so_many_utterances_are_the_same_each_time() -> None:
    said = [(f"I want bill {number}", "bill") for number in range(400)]
    few = traits.learned("about", Others(utterances=4), OWN, said)
    assert 70 < len(few) < 140 and few == traits.learned("about", Others(utterances=4), OWN, said)
