"""Numbers of the requests that were left for a person."""

from __future__ import annotations

from actions.citizens.handover import Handovers


def numbers_of(handovers: Handovers, *, everything: bool = False) -> list[str]:
    """Those that wait, or all; the oldest first."""
    return [case.number for case in handovers.cases(everything=everything)]
