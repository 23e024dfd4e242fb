"""Which of several readings of one voice note is meant."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeVar


class Reading(Protocol):
    """Speech written down as one language."""

    @property
    def text(self) -> str:
        """The words."""

    @property
    def language(self) -> str:
        """The language that they are taken for."""

    @property
    def language_probability(self) -> float:
        """How likely it was spoken."""


Read = TypeVar("Read", bound=Reading)


async def likeliest(
    parse_heard: Callable[[Sequence[Read]], Awaitable[dict[str, Any]]], readings: Sequence[Read]
) -> list[Read]:
    """The readings, first the one that makes most sense: in a language that was likely spoken,
    understood surely, and not out of scope. The first given one leads a tie; one in a language that
    nobody spoke never leads.

    `parse_heard` is the engine's.
    """
    if len(readings) == 1:
        return list(readings)
    turned = [
        [r, *(other for other in readings if other is not r)]
        for at, r in enumerate(readings)
        if at == 0 or r.language_probability
    ]
    if len(turned) == 1:
        return turned[0]
    answers = await asyncio.gather(*map(parse_heard, turned))
    sense = [_sense(a) * t[0].language_probability for a, t in zip(answers, turned, strict=True)]
    return turned[sense.index(max(sense))]


def _sense(answer: dict[str, Any]) -> float:
    if answer["decision"]["kind"] == "out_of_scope":
        return 0.0
    return float(answer["intent"]["confidence"])
