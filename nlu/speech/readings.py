"""Which of several readings of one voice note is meant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from nlu.speech.transcript import Reading

Readings = tuple[Reading, ...]


def orders(readings: Readings) -> list[Readings]:
    """The readings once with each in front that may lead, to be understood and compared. The first
    one always may, others only where their language was likely spoken."""
    return [
        (lead, *(other for other in readings if other is not lead))
        for at, lead in enumerate(readings)
        if at == 0 or lead.language_probability
    ]


def likeliest(asked: Sequence[Readings], understood: Sequence[Mapping[str, Any]]) -> int:
    """The place of the order that makes most sense: its language was likely spoken, it is surely
    understood, and not out of scope. The first leads a tie. `understood` has `decision` and
    `intent` as the pipeline gives them."""
    sense = [
        _sense(found) * order[0].language_probability for order, found in zip(asked, understood)
    ]
    return sense.index(max(sense))


def _sense(understood: Mapping[str, Any]) -> float:
    if understood["decision"]["kind"] == "out_of_scope":
        return 0.0
    return float((understood.get("intent") or {}).get("confidence") or 0.0)
