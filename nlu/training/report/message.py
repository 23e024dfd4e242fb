"""A labelled message beside what the model made of it, as the report shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from nlu.classifier.decision import Decision
from nlu.text import normalise
from nlu.training.metrics import OUT_OF_SCOPE, Labelled
from nlu.training.outcome import Outcome, Ranking, outcome

Prediction = tuple[Labelled, Mapping[str, Any]]
"""A labelled message and the engine's answer to it (the `/parse` document)."""

Slot = tuple[str, str]
"""Name and surface text."""


@dataclass(frozen=True)
class Message:
    """One message; `best` is the first service ranked ("" if none), before any threshold."""

    text: str
    key: str
    truth: str
    ranking: Ranking
    decision: Decision
    result: Outcome
    best: str
    missed: tuple[Slot, ...]
    extra: tuple[Slot, ...]

    @property
    def inside(self) -> bool:
        """Whether a service was meant."""
        return self.truth != OUT_OF_SCOPE

    @property
    def confused(self) -> bool:
        """Whether another service is ranked first, or one was offered for what none does."""
        if self.inside:
            return self.best != self.truth
        return self.decision.kind in ("route", "clarify")

    @property
    def flaw(self) -> str:
        """Its outcome if that is a mistake, `slots` if only values are wrong, else ""."""
        if self.result not in ("right", "asked"):
            return self.result
        return "slots" if self.missed or self.extra else ""


def judged(predictions: Sequence[Prediction], conversation: frozenset[str]) -> list[Message]:
    """Every prediction as a message of the report."""
    return [_message(row, answer, conversation) for row, answer in predictions]


def _message(row: Labelled, answer: Mapping[str, Any], conversation: frozenset[str]) -> Message:
    made = answer["decision"]
    decision = Decision(made["kind"], tuple(o["service"] for o in made["options"]))
    ranking = [(i["name"], float(i["confidence"])) for i in answer["intent_ranking"]]
    best = next((name for name, _ in ranking if name not in conversation), "")
    top = ranking[0][0] if ranking else ""
    meant: dict[Slot, Slot] = {}
    said: dict[Slot, Slot] = {}
    if row.slots is not None and row.service != OUT_OF_SCOPE:
        meant = {(n, _same(surface)): (n, surface) for n, surface in row.slots.items()}
        found = [(e["entity"], e["raw"]) for e in answer["entities"] if "raw" in e]
        said = {(n, _same(surface)): (n, surface) for n, surface in found}
    return Message(
        row.text,
        row.key,
        row.service,
        ranking,
        decision,
        outcome(row.service, top, decision),
        best,
        tuple(meant[s] for s in meant if s not in said),
        tuple(said[s] for s in said if s not in meant),
    )


def _same(surface: str) -> str:
    return normalise(surface).text.casefold().strip()
