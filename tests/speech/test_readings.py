"""Which of several readings of a voice note leads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from nlu.speech.readings import likeliest
from nlu.speech.transcript import Reading

TE, HI = Reading("emi jarigindi", "te", 0.6), Reading("emi jari gindhi", "hi", 0.3)


def sure(**confidences: float) -> Any:
    """An engine that is so sure of a reading in a language; below 0.2 it is out of scope."""

    async def parse_heard(readings: Sequence[Reading]) -> dict[str, Any]:
        confidence = confidences[readings[0].language]
        kind = "route" if confidence >= 0.2 else "out_of_scope"
        return {"intent": {"confidence": confidence}, "decision": {"kind": kind}}

    return parse_heard


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
async def test_likely_and_sensible_leads(te: float, hi: float, first: Reading) -> None:
    found = await likeliest(sure(te=te, hi=hi), [TE, HI])
    assert found[0] == first and set(found) == {TE, HI}


async def test_a_single_reading_is_not_asked_about() -> None:
    assert await likeliest(sure(), [TE]) == [TE]


async def test_a_reading_in_a_language_that_nobody_spoke_never_leads() -> None:
    by_ear = Reading("emijarigindi", "sw", 0.0)
    assert await likeliest(sure(te=0.3, sw=0.9), [TE, by_ear]) == [TE, by_ear]
    assert (await likeliest(sure(te=0.1, hi=0.5, sw=0.9), [TE, HI, by_ear]))[0] == HI
