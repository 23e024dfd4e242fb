"""Which of several readings of a voice note leads."""

from __future__ import annotations

from typing import Any

import pytest

from nlu.speech.transcript import Reading, likeliest, orders

TE, HI = Reading("emi jarigindi", "te", 0.6), Reading("emi jari gindhi", "hi", 0.3)
BY_EAR = Reading("emijarigindi", "sw", 0.0)


def chosen(*readings: Reading, **confidences: float) -> tuple[Reading, ...]:
    """The order that is chosen where the understanding is so sure of a reading in a language; below
    0.2 it is out of scope."""
    asked, found = orders(readings), []
    for order in asked:
        confidence = confidences[order[0].language]
        kind = "route" if confidence >= 0.2 else "out_of_scope"
        intent: dict[str, Any] = {"name": "x", "confidence": confidence}
        found.append({"intent": intent, "decision": {"kind": kind}})
    return asked[likeliest(asked, found)]


@pytest.mark.parametrize(
    ("te", "hi", "first"),
    [
        (0.9, 0.9, TE),  # the likelier language
        (0.4, 0.9, HI),  # which makes much more sense
        (0.5, 0.9, TE),
        (0.1, 0.2, HI),  # sense before none
        (0.1, 0.1, TE),  # none anywhere
    ],
)
def test_likely_and_sensible_leads(te: float, hi: float, first: Reading) -> None:
    found = chosen(TE, HI, te=te, hi=hi)
    assert found[0] == first and set(found) == {TE, HI}


def test_a_reading_in_a_language_that_nobody_spoke_never_leads() -> None:
    assert chosen(TE, BY_EAR, te=0.3, sw=0.9) == (TE, BY_EAR)
    assert chosen(TE, HI, BY_EAR, te=0.1, hi=0.5, sw=0.9)[0] == HI
