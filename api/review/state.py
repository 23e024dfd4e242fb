"""Where a card stands, from the decisions on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

OPEN, SECOND, DISPUTED, DONE, HANDED = 0, 1, 2, 3, 4
"""HANDED: done, and all its sentences were handed in for the catalogue, or left out of it."""
NAMES = {"open": OPEN, "second": SECOND, "disputed": DISPUTED, "done": DONE, "handed": HANDED}
READER, ADJUDICATOR = "reader", "adjudicator"
SKIP = "skip"


@dataclass(frozen=True)
class Vote:
    """A decision as the state sees it: who, in which part, and what. Two votes are the same where
    their `label` and their `words` are."""

    account: str
    part: str
    label: str
    words: str = ""


def state_of(votes: Sequence[Vote], *, twice: bool) -> int:
    """The state that decisions, in their order, lead to. Two readers who differ wait for an
    adjudicator: there is never a majority."""
    if any(one.part == ADJUDICATOR for one in votes):
        return DONE
    read = [one for one in votes if one.label != SKIP]
    if not read:
        return OPEN
    first, *others = read
    second = next((one for one in others if one.account != first.account), None)
    if second is None:
        return SECOND if twice else DONE
    return DONE if (first.label, first.words) == (second.label, second.words) else DISPUTED


def final(votes: Sequence[Vote]) -> Vote | None:
    """The decision that counts; None while there is none."""
    of_judge = [one for one in votes if one.part == ADJUDICATOR]
    readers = [one for one in votes if one.label != SKIP]
    return next(iter([*of_judge[-1:], *readers[:1]]), None)
