"""What a decision meant, as a table; every outcome of the closed set comes about."""

from __future__ import annotations

from collections import Counter

import pytest

from nlu.classifier.decision import Decision, Thresholds
from nlu.training.outcome import OUTCOMES, Intents, Ranked, counted, outcome

OUT, TALK = Decision("out_of_scope"), Decision("conversation")
VIEW, BOTH = Decision("route", ("view",)), Decision("clarify", ("pay", "view"))
INTENTS = Intents(frozenset({"greet", "thanks", "out_of_scope"}), {"view": ("pay",)})

TABLE = [
    ("view", "view", VIEW, "right"),
    ("greet", "greet", TALK, "right"),
    ("out_of_scope", "out_of_scope", OUT, "right"),
    ("pay", "view", VIEW, "wrong_action"),
    ("greet", "view", VIEW, "wrong_action"),
    ("thanks", "greet", TALK, "wrong_conversation"),
    ("view", "greet", TALK, "wrong_conversation"),
    ("out_of_scope", "greet", TALK, "wrong_conversation"),
    ("view", "pay", BOTH, "asked"),
    ("bus", "pay", BOTH, "asked_without"),
    ("greet", "pay", BOTH, "asked_without"),
    ("view", "view", OUT, "refused"),
    ("greet", "greet", OUT, "refused"),
    ("out_of_scope", "view", VIEW, "accepted"),
    ("out_of_scope", "pay", BOTH, "asked_outside"),
]


@pytest.mark.parametrize(("truth", "top", "made", "expected"), TABLE)
def test_outcome(truth: str, top: str, made: Decision, expected: str) -> None:
    """One row each."""
    assert outcome(truth, top, made) == expected


def test_every_outcome_is_in_the_table() -> None:
    """None is left that nothing leads to."""
    assert {row[-1] for row in TABLE} == set(OUTCOMES)


def test_outcomes_are_counted_by_group() -> None:
    """The same ranking is right for one truth and wrong for another."""
    ranking = [("view", 0.9), ("pay", 0.1)]
    rows = [Ranked(t, "te", ranking) for t in ("view", "view", "pay", "greet", "out_of_scope")]
    rows.append(Ranked("out_of_scope", "te", []))
    assert counted(rows, INTENTS, Thresholds(0.6, 0.3, 0.08, 3, 0.5)) == Counter(
        {
            ("service", "right"): 2,
            ("service", "wrong_action"): 1,
            ("conversation", "wrong_action"): 1,
            ("out_of_scope", "accepted"): 1,
            ("out_of_scope", "right"): 1,
        }
    )
