"""Two models on the same messages: the gain and how sure it is."""

from __future__ import annotations

from typing import Any

import pytest

from nlu.right_action import Talk
from nlu.training.answers import Answered
from nlu.training.compare import compared, paired_difference
from nlu.training.metrics import Labelled


def test_equal_models_gain_nothing() -> None:
    """Exactly nothing, because the comparison is paired."""
    right = [True, False, True, True]
    assert paired_difference(right, right) == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    ("first", "second", "sign"),
    [([False] * 40, [True] * 40, 1), ([True] * 40, [False] * 40, -1)],
)
def test_always_better_is_certain(first: list[bool], second: list[bool], sign: int) -> None:
    """No resample can say otherwise."""
    assert paired_difference(first, second) == [sign, sign, sign]


def test_interval_holds_the_mean_and_narrows_with_rows() -> None:
    """Eight gains and two losses of forty, then the same four times over."""
    first = [False] * 8 + [True] * 2 + [True] * 30
    second = [True] * 8 + [False] * 2 + [True] * 30
    mean, low, high = paired_difference(first, second)
    assert mean == pytest.approx(0.15)
    assert low < mean < high
    _, low_more, high_more = paired_difference(first * 4, second * 4)
    assert high_more - low_more < high - low


def test_interval_covers_as_often_as_it_says() -> None:
    """Near the normal approximation: mean +- 1.96 standard errors."""
    first, second = [False] * 200, [True] * 20 + [False] * 180
    mean, low, high = paired_difference(first, second)
    error = 1.96 * (0.1 * 0.9 / 200) ** 0.5
    assert low == pytest.approx(mean - error, abs=0.01)
    assert high == pytest.approx(mean + error, abs=0.01)


def test_interval_is_the_same_each_time() -> None:
    """The same seed: two runs of `seva compare` agree."""
    first, second = [True, False] * 10, [True, True] * 10
    assert paired_difference(first, second) == paired_difference(first, second)


def test_compared_by_key_and_service() -> None:
    """Each group with its own rows and gain."""
    rows = [
        Labelled("a", "te", "view"),
        Labelled("b", "te", "pay"),
        Labelled("c", "en", "view"),
        Labelled("d", "en", "view"),
    ]
    found = compared(rows, [True, False, False, False], [True, True, True, False])
    assert (found["all"]["a"], found["all"]["b"], found["all"]["rows"]) == (0.25, 0.75, 4)
    assert found["by_key"]["te"]["gain"][0] == 0.5
    assert found["by_service"]["view"]["rows"] == 3
    assert found["by_service"]["pay"] == {
        "rows": 1,
        "a": 0.0,
        "b": 1.0,
        "gain": [1.0, 1.0, 1.0],
        "won": 1,
        "lost": 0,
    }


@pytest.mark.parametrize(
    ("meant", "kind", "options", "top", "right"),
    [
        ("view", "route", ["view"], "view", True),
        ("view", "route", ["pay"], "pay", False),
        ("view", "clarify", ["view", "pay"], "view", False),  # a question is no right action
        ("view", "out_of_scope", [], "view", False),
        ("greet", "conversation", [], "greet", True),
        ("greet", "conversation", [], "thanks", False),
        ("greet", "route", ["view"], "view", False),
        ("out_of_scope", "out_of_scope", [], "view", True),
        ("out_of_scope", "clarify", ["view", "pay"], "view", False),
        ("elsewhere_passport", "out_of_scope", [], "elsewhere_passport", True),
    ],
)
def test_right_action(meant: str, kind: str, options: list[str], top: str, right: bool) -> None:
    talk = Talk(
        frozenset({"greet", "thanks", "out_of_scope", "elsewhere_passport"}),
        frozenset({"elsewhere_passport"}),
    )
    answer: dict[str, Any] = {
        "intent_ranking": [{"name": top, "confidence": 0.9}],
        "decision": {"kind": kind, "options": [{"service": one} for one in options]},
    }
    assert Answered.of("a", answer).right(meant, talk) is right
