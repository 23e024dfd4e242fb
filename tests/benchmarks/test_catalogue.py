"""The catalogue's benchmark: the peer decides by our rules and is scored as we are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from benchmarks.catalogue import lines, peer_answers, utterances
from nlu.catalogue import shared_catalogue
from nlu.classifier.decision import Thresholds
from nlu.training.evaluate import holdout
from nlu.training.metrics import Labelled, score

CATALOGUE = shared_catalogue(Path(__file__).resolve().parents[2] / "data")
THRESHOLDS = Thresholds(route=0.6, reject=0.35, option=0.08, options=3, refuse=0.5)
VIEW, PAY = "electricity_bill_view", "electricity_bill_payment"
ROWS = [Labelled("x", key, VIEW) for key in ("te", "te-Latn", "hi", "hi-Latn", "en")]


class SurePeer:
    """Gives every message the same chances."""

    def __init__(self, chances: dict[str, float]) -> None:
        self.labels = tuple(chances)
        self._row = list(chances.values())

    def predict_proba(self, texts: Sequence[str]) -> np.ndarray:
        """(texts, labels)."""
        return np.asarray([self._row for _ in texts])


def scored(chances: dict[str, float], rows: Sequence[Labelled] = ROWS) -> dict:
    """The peer's scores."""
    answers = peer_answers(SurePeer(chances), rows, CATALOGUE, THRESHOLDS)
    return score(
        rows,
        answers,
        conversation=frozenset(CATALOGUE.conversation),
        services=frozenset(CATALOGUE.services),
    )


@pytest.mark.parametrize(
    ("chances", "top1", "routed", "offered"),
    [
        ({PAY: 0.1, VIEW: 0.9}, 1.0, 1.0, 0.0),
        ({VIEW: 0.4, PAY: 0.55}, 0.0, 0.0, 1.0),
        ({VIEW: 0.1, "out_of_scope": 0.9}, 1.0, 0.0, 0.0),
    ],
)
def test_peer_is_decided_by_our_rules(
    chances: dict[str, float], top1: float, routed: float, offered: float
) -> None:
    """Whatever the order of its labels: surely right, a question, refused; in every key alike."""
    by_key = scored(chances)["by_key"]
    assert set(by_key) == {row.key for row in ROWS}
    for found in by_key.values():
        assert (found["top1"], found["route_rate"], found["clarify_hit"]) == (top1, routed, offered)


def test_peer_learns_what_is_trained_and_nothing_held_out() -> None:
    """Every intent, talk included."""
    texts, labels = utterances(CATALOGUE)
    assert set(labels) == {*CATALOGUE.services, *CATALOGUE.conversation}
    assert {row.text for row in holdout(CATALOGUE)} & set(texts) == set()


def test_table_has_both_for_every_key() -> None:
    """Ours first."""
    ours, theirs = scored({VIEW: 0.9, PAY: 0.1}), scored({PAY: 0.9, VIEW: 0.1})
    table = lines({"seva": ours, "peer": theirs})
    assert [line.split()[:4] for line in table[1:3]] == [
        ["en", "seva", "1", "1.000"],
        ["peer", "1", "0.000", "1.000"],
    ]
    assert len(table) == 1 + 2 * len(ROWS) + 3
