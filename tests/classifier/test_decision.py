"""The decision, as a table."""

from __future__ import annotations

import pytest

from nlu.classifier.decision import Decision, Thresholds, decide

THRESHOLDS = Thresholds(route=0.55, reject=0.25, option=0.08, options=3, refuse=1.5)
CONVERSATION = frozenset({"greet", "cancel", "out_of_scope"})
NEIGHBOURS = {"view": ("pay", "outage"), "pay": ("view",), "lonely": ()}
OUT = Decision("out_of_scope")
TALK = Decision("conversation")

TABLE = {
    "sure of a service": ([("view", 0.9), ("pay", 0.05)], Decision("route", ("view",))),
    "just sure enough": ([("view", 0.55), ("pay", 0.45)], Decision("route", ("view",))),
    "two services close": ([("view", 0.5), ("pay", 0.45)], Decision("clarify", ("view", "pay"))),
    "three at most": (
        [("view", 0.3), ("pay", 0.28), ("outage", 0.22), ("lonely", 0.2)],
        Decision("clarify", ("view", "pay", "outage")),
    ),
    "the unlikely is not offered": (
        [("view", 0.4), ("pay", 0.3), ("outage", 0.07)],
        Decision("clarify", ("view", "pay")),
    ),
    "one alone is joined by its likeliest neighbour": (
        [("view", 0.5), ("outage", 0.07), ("pay", 0.02)],
        Decision("clarify", ("view", "outage")),
    ),
    "one alone by its first neighbour when none is ranked": (
        [("view", 0.5), ("greet", 0.3)],
        Decision("clarify", ("view", "pay")),
    ),
    "one alone without neighbours by the next service": (
        [("lonely", 0.5), ("view", 0.05)],
        Decision("clarify", ("lonely", "view")),
    ),
    "one alone with nothing beside it": ([("lonely", 0.5)], Decision("clarify", ("lonely",))),
    "all below the option threshold": (
        [("out_of_scope", 0.1), *((s, 0.07) for s in ("view", "pay", "outage", "lonely"))],
        Decision("clarify", ("view", "pay")),
    ),
    "talk": ([("greet", 0.9), ("view", 0.05)], TALK),
    "talk, half sure": ([("greet", 0.3), ("view", 0.29), ("pay", 0.2)], TALK),
    "talk, a guess": ([("greet", 0.2), ("view", 0.19), ("out_of_scope", 0.1)], OUT),
    "surely outside": ([("out_of_scope", 0.8), ("view", 0.1)], OUT),
    "more outside than in": ([("out_of_scope", 0.5), ("view", 0.3), ("pay", 0.1)], OUT),
    "outside first, services together more": (
        [("out_of_scope", 0.4), ("view", 0.3), ("pay", 0.25)],
        Decision("clarify", ("view", "pay")),
    ),
    "outside outweighs each of many services": (
        [("out_of_scope", 0.2), *((s, 0.12) for s in ("view", "pay", "outage", "lonely"))],
        OUT,
    ),
    "a third outside against a sure service": (
        [("view", 0.6), ("out_of_scope", 0.35)],
        Decision("route", ("view",)),
    ),
    "nothing likely": ([("view", 0.12), ("pay", 0.1)], OUT),
    "no service ranked": ([("greet", 0.1), ("cancel", 0.1)], OUT),
    "nothing ranked": ([], OUT),
}


@pytest.mark.parametrize("name", TABLE)
def test_decision(name: str) -> None:
    """Kind and options of each row."""
    ranking, expected = TABLE[name]
    assert decide(ranking, CONVERSATION, NEIGHBOURS, THRESHOLDS) == expected


@pytest.mark.parametrize("name", TABLE)
def test_decision_offers_no_conversation_and_nothing_twice(name: str) -> None:
    """Whatever the ranking: options are different services, and only where they mean something."""
    made = decide(TABLE[name][0], CONVERSATION, NEIGHBOURS, THRESHOLDS)
    assert len(set(made.options)) == len(made.options)
    assert set(made.options) & CONVERSATION == set()
    assert bool(made.options) == (made.kind in ("route", "clarify"))
