"""What a model does with a message, in one word: two models are held against each other by it.

A question back is one action, whatever it offers: which services are near is told by the ranking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

ROUTE, TALK, FAILED = "route", "conversation", "failed"


def action_of(kind: str, options: Sequence[str], top: str) -> str:
    """That of a decision: `kind`, the services in `options`, and the intent that is ranked first.
    A service that is opened and talk have their names behind a colon."""
    if kind == ROUTE:
        return f"{ROUTE}:{options[0] if options else top}"
    return f"{TALK}:{top}" if kind == TALK else kind or FAILED


def action_in(answer: Mapping[str, Any]) -> str:
    """That of an answer of `/parse`."""
    decision, ranking = answer["decision"], answer["intent_ranking"]
    services = [one["service"] for one in decision["options"]]
    return action_of(decision["kind"], services, ranking[0]["name"] if ranking else "")


def parts_of(action: str) -> tuple[str, str]:
    """The kind of an action, and the intent that it names; empty where it names none."""
    kind, _, name = action.partition(":")
    return kind, name
