"""Messages judged, pairs and the matrix, on predictions made by hand."""

from __future__ import annotations

import pytest

from nlu.training.report.confusion import matrix, pairs
from nlu.training.report.message import judged
from tests.training.report.predictions import BUS, PAY, VIEW, WORDS, prediction, right, wrong

TALK = frozenset({"greet", "out_of_scope"})
DEPARTMENT = {VIEW: "energy", PAY: "energy", BUS: "apsrtc"}
OUTSIDE = ("weather tomorrow", "en", "out_of_scope")


def department(intent: str) -> str:
    """Of a service; "" for anything else."""
    return DEPARTMENT.get(intent, "")


FLAWS = {
    "": prediction("a", "te", VIEW, [(VIEW, 0.9)]),
    "wrong_action": prediction("a", "te", VIEW, [(PAY, 0.9)]),
    "wrong_conversation": prediction("a", "te", VIEW, [("greet", 0.9)], "conversation"),
    "asked_without": prediction("a", "te", VIEW, [(PAY, 0.5)], "clarify", (PAY, BUS)),
    "refused": prediction("a", "te", VIEW, [("out_of_scope", 0.9)], "out_of_scope"),
    "accepted": prediction(*OUTSIDE, [(PAY, 0.9)]),
    "asked_outside": prediction(*OUTSIDE, [(PAY, 0.5)], "clarify", (PAY, BUS)),
    "slots": prediction("a 1", "te", VIEW, [(VIEW, 0.9)], slots={"number": "1"}),
}


@pytest.mark.parametrize("flaw", FLAWS)
def test_flaw_of_a_message(flaw: str) -> None:
    """One way of being wrong each."""
    assert judged([FLAWS[flaw]], TALK)[0].flaw == flaw


def test_question_with_the_right_service_is_no_flaw() -> None:
    """The citizen taps once."""
    asked = prediction("a", "te", VIEW, [(PAY, 0.5), (VIEW, 0.4)], "clarify", (PAY, VIEW))
    message = judged([asked], TALK)[0]
    assert message.flaw == "" and message.confused


@pytest.mark.parametrize("key", WORDS)
def test_values_are_compared_normalised(key: str) -> None:
    """Digits of any script and spaces are no mistake; a missing and a wrong value are two."""
    slots, found = {"number": "6123", "name": "Ravi"}, {"number": " ౬౧౨౩", "name": "Raju"}
    one = prediction(WORDS[key], key, VIEW, [(VIEW, 0.9)], slots=slots, found=found)
    message = judged([one], TALK)[0]
    assert (message.missed, message.extra) == ((("name", "Ravi"),), (("name", "Raju"),))


def test_unlabelled_values_say_nothing() -> None:
    """Neither missed nor found in error."""
    one = prediction("a 1", "te", VIEW, [(VIEW, 0.9)], slots=None, found={"number": "1"})
    assert judged([one], TALK)[0].flaw == ""


def test_pairs_are_counted_with_examples_of_every_key() -> None:
    """Five messages of Telugu and one each of the others: examples are not all Telugu."""
    messages = judged([*[wrong("te")] * 5, *(wrong(k) for k in WORDS), right("en")], TALK)
    (pair,) = pairs(messages)
    assert (pair.truth, pair.heard, len(pair.messages)) == (VIEW, PAY, 10)
    assert pair.keys[0] == "te" and set(pair.keys) == set(WORDS)
    assert len({m.key for m in pair.examples}) == len(pair.examples) == 4


def test_pairs_hold_what_is_outside_only_if_a_service_was_offered() -> None:
    """A refused message is not confused, whatever was ranked behind."""
    refused = prediction(*OUTSIDE, [("out_of_scope", 0.9), (VIEW, 0.05)], "out_of_scope")
    accepted = prediction(*OUTSIDE, [(BUS, 0.9)])
    found = pairs(judged([refused, accepted], TALK))
    assert [(p.truth, p.heard) for p in found] == [("out_of_scope", BUS)]


def test_matrix_has_only_services_with_errors_by_department() -> None:
    """Departments with most errors first, what has none last; counts stand under their columns."""
    messages = judged(
        [
            prediction(*OUTSIDE, [(BUS, 0.9)]),
            prediction("b", "hi", BUS, [(VIEW, 0.9)]),
            *(wrong(key) for key in WORDS),
            *(right(key) for key in WORDS),
            prediction("p", "en", PAY, [(PAY, 0.9)]),
        ],
        TALK,
    )
    found = matrix(messages, department)
    assert [row.truth for row in found.rows] == [VIEW, BUS, "out_of_scope"]
    assert found.columns == (PAY, VIEW, BUS)
    assert [row.cells for row in found.rows] == [(5, 0, 0), (0, 1, 0), (0, 0, 1)]
    assert [(row.right, row.rows) for row in found.rows] == [(5, 10), (0, 1), (0, 1)]
    assert found.left_out == 0


def test_matrix_keeps_the_worst_of_many_services() -> None:
    """At 165 services the page stays readable; what is left out is counted."""
    many = [
        prediction("a", "en", f"s{i:03}", [(f"s{(i + 1) % 165:03}", 0.9)])
        for i in range(165)
        for _ in range(1 + (i < 10))
    ]
    found = matrix(judged(many, TALK), department, limit=30)
    assert len(found.rows) == 30 and len(found.columns) <= 30 and found.left_out == 135
    assert {f"s{i:03}" for i in range(10)} <= {row.truth for row in found.rows}
