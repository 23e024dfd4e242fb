"""Scores, on answers made by hand so that every number can be checked in the head."""

from __future__ import annotations

from typing import Any

import pytest

from nlu.training.metrics import Labelled, score

CONVERSATION = frozenset({"greet", "out_of_scope"})
SERVICES = frozenset({"view", "pay", "bus", "income"})


def answer(
    ranking: list[str],
    kind: str,
    options: tuple[str, ...] = (),
    slots: dict[str, str] | None = None,
    confidence: float = 0.9,
) -> dict[str, Any]:
    """What `Engine.parse` gives, as far as the scores read it."""
    return {
        "intent": {"name": ranking[0] if ranking else None, "confidence": confidence},
        "intent_ranking": [{"name": n, "confidence": confidence} for n in ranking],
        "decision": {"kind": kind, "options": [{"service": o} for o in options]},
        "entities": [{"entity": n, "raw": raw, "value": raw} for n, raw in (slots or {}).items()],
    }


def scored(*pairs: tuple[Labelled, dict[str, Any]]) -> dict[str, Any]:
    """The whole document."""
    rows, answers = [p[0] for p in pairs], [p[1] for p in pairs]
    return score(rows, answers, conversation=CONVERSATION, services=SERVICES)


def test_top1_top3_route_and_clarify_per_key() -> None:
    """Four messages of one key, one of another."""
    found = scored(
        (Labelled("a", "te", "view"), answer(["view", "pay"], "route", ("view",))),
        (Labelled("b", "te", "view"), answer(["pay", "view"], "route", ("pay",))),
        (Labelled("c", "te", "view"), answer(["pay", "view"], "clarify", ("pay", "view"))),
        (
            Labelled("d", "te", "view"),
            answer(["pay", "bus", "income", "view"], "clarify", ("pay",)),
        ),
        (Labelled("e", "en", "bus"), answer(["bus"], "route", ("bus",))),
    )
    te, en = found["by_key"]["te"], found["by_key"]["en"]
    assert te == {
        "rows": 4,
        "right_action": 0.25,
        "top1": 0.25,
        "top3": 0.75,
        "route_precision": 0.5,
        "route_rate": 0.5,
        "clarify_rate": 0.5,
        "clarify_hit": 0.5,
        "right_action_interval": [0.0456, 0.6994],
        "top1_interval": [0.0456, 0.6994],
        "ece": 0.65,
    }
    assert (en["rows"], en["top1"], en["clarify_hit"]) == (1, 1.0, 0.0)
    assert found["confusions"][0] == ["view", "pay", 3]
    assert found["rows"] == 5


def test_conversation_intents_do_not_take_a_service_its_rank() -> None:
    """A greeting ranked first is no confusion between services."""
    found = scored(
        (Labelled("a", "hi", "view"), answer(["greet", "view"], "conversation")),
        (Labelled("b", "hi", "view"), answer(["out_of_scope", "greet"], "out_of_scope")),
    )
    assert found["by_key"]["hi"]["top1"] == 0.5
    assert found["confusions"] == [["view", "", 1]]


def test_out_of_scope_is_counted_apart() -> None:
    """Recall over what is outside, refusals over what is inside."""
    outside = Labelled("x", "te", "out_of_scope")
    found = scored(
        (outside, answer(["out_of_scope"], "out_of_scope")),
        (outside, answer(["out_of_scope"], "out_of_scope")),
        (outside, answer(["view"], "route", ("view",))),
        (outside, answer(["view", "pay"], "clarify", ("view", "pay"))),
        (Labelled("a", "te", "view"), answer(["out_of_scope", "view"], "out_of_scope")),
        (Labelled("b", "te", "view"), answer(["view"], "route", ("view",))),
    )
    assert found["out_of_scope"] == {
        "rows": 4,
        "recall": 0.5,
        "false_accept": 0.25,
        "in_scope_rejected": 0.5,
    }
    assert found["by_key"]["te"]["rows"] == 2


def test_slots_are_compared_as_written_but_normalised() -> None:
    """Right name and right words; case, spaces and digits' script do not matter."""
    found = scored(
        (
            Labelled("a", "te", "bus", {"from": "Vijayawada", "to": "Tirupati"}),
            answer(["bus"], "route", ("bus",), {"from": " vijayawada", "to": "Nellore"}),
        ),
        (
            Labelled("b", "te", "view", {"number": "6123401005678"}),
            answer(["view"], "route", ("view",), {"number": "౬౧౨౩౪౦౧౦౦౫౬౭౮"}),
        ),
        (Labelled("c", "te", "view", {}), answer(["view"], "route", ("view",), {"number": "12"})),
    )
    slots = found["slots"]
    assert (slots["precision"], slots["recall"], slots["rows"]) == (0.5, 0.6667, 3)
    assert slots["f1"] == pytest.approx(2 * 0.5 * 0.6667 / 1.1667, abs=1e-3)
    assert slots["by_slot"]["from"] == {"precision": 1.0, "recall": 1.0, "f1": 1.0, "rows": 1}
    assert slots["by_slot"]["to"]["f1"] == 0.0
    assert slots["by_slot"]["number"]["precision"] == 0.5


def test_rows_without_slot_labels_say_nothing_about_slots() -> None:
    """Finding something there is neither right nor wrong."""
    found = scored(
        (Labelled("a", "te", "view", None), answer(["view"], "route", ("view",), {"number": "1"}))
    )
    assert found["slots"]["rows"] == 0 and found["slots"]["by_slot"] == {}


def test_services_the_model_does_not_know_are_named() -> None:
    """A labelled file may be ahead of the model."""
    found = scored((Labelled("a", "te", "passport"), answer(["view"], "route", ("view",))))
    assert found["unknown_services"] == ["passport"]


def test_nothing_ranked_is_an_answer_too() -> None:
    """An empty message must not break the evaluation."""
    nothing = answer([], "out_of_scope", confidence=0.0)
    assert scored((Labelled("", "te", "view"), nothing))["by_key"]["te"]["top1"] == 0.0


def test_services_are_scored_one_by_one() -> None:
    """Slots of a service are None where nothing was labelled or found."""
    found = scored(
        (Labelled("a", "te", "view", {"n": "1"}), answer(["view"], "route", ("view",), {"n": "1"})),
        (Labelled("b", "hi", "view", {}), answer(["pay", "view"], "clarify", ("pay", "view"))),
        (Labelled("c", "en", "bus"), answer(["bus"], "route", ("bus",))),
    )["by_service"]
    assert (found["view"]["rows"], found["view"]["top1"], found["view"]["clarify_hit"]) == (
        2,
        0.5,
        1.0,
    )
    assert (found["view"]["slots_f1"], found["bus"]["slots_f1"]) == (1.0, None)


@pytest.mark.parametrize("key", ["te", "te-Latn", "hi", "hi-Latn", "en"])
def test_calibration_is_told_per_key_and_in_bins(key: str) -> None:
    """Nine of ten right at 0.9: the key is calibrated, the bin says so; out of scope counts too."""
    sure = answer(["view"], "route", ("view",), confidence=0.9)
    pairs = [(Labelled("a", key, "view"), sure)] * 9
    found = scored(*pairs, (Labelled("b", key, "out_of_scope"), sure))
    assert found["by_key"][key]["ece"] == 0.0 and found["ece"] == 0.0
    assert found["calibration"]["rows"] == 10
    assert [b for b in found["calibration"]["bins"] if b["rows"]] == [
        {"low": 0.8667, "high": 0.9333, "rows": 10, "confidence": 0.9, "right": 0.9}
    ]


def test_talk_counts_apart() -> None:
    """A greeting that was understood is no service that was missed, nor a name nobody knows."""
    found = scored(
        (Labelled("a", "hi", "greet"), answer(["greet", "view"], "conversation")),
        (Labelled("b", "hi", "greet"), answer(["view", "greet"], "route", ("view",))),
        (Labelled("c", "hi", "view"), answer(["view"], "route", ("view",))),
    )
    assert found["conversation"] == {"rows": 2, "recall": 0.5}
    assert found["by_key"]["hi"]["rows"] == 1 and found["unknown_services"] == []


def test_what_is_done_elsewhere_counts_as_out_of_scope() -> None:
    row, found = Labelled("a", "en", "elsewhere_visa"), answer(["elsewhere_visa"], "out_of_scope")
    scores = score(
        [row],
        [found],
        conversation=CONVERSATION | {"elsewhere_visa"},
        services=SERVICES,
        elsewhere=frozenset({"elsewhere_visa"}),
    )
    assert scores["out_of_scope"]["rows"] == 1 and scores["out_of_scope"]["recall"] == 1.0
