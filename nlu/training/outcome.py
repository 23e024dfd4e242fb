"""What a decision meant for the citizen: a closed set, for costs, sweeps and the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from nlu.catalogue import Catalogue
from nlu.classifier.decision import OUT_OF_SCOPE, Decision, Thresholds, decide, outside_in

Outcome = Literal[
    "right",  # the right service, the right kind of talk, or rightly refused
    "wrong_action",  # another service than the one meant, or a service where talk was meant
    "wrong_conversation",  # talk of a kind that was not meant
    "asked",  # a question with the right service among its options
    "asked_without",  # a question without it
    "refused",  # refused although something was meant
    "accepted",  # a service for what no service does
    "asked_outside",  # a question about what no service does
]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

Group = Literal["service", "conversation", "out_of_scope"]
Ranking = Sequence[tuple[str, float]]
"""(intent, calibrated probability), best first."""


@dataclass(frozen=True)
class Ranked:
    """A labelled message as the decision sees it."""

    truth: str
    key: str
    ranking: Ranking


@dataclass(frozen=True)
class Intents:
    """What `decide` knows of the catalogue: the talk, which services lie near each other, and which
    talk is about what is done elsewhere."""

    conversation: frozenset[str]
    neighbours: Mapping[str, Sequence[str]]
    elsewhere: frozenset[str] = frozenset()

    @classmethod
    def of(cls, catalogue: Catalogue) -> Intents:
        """Those of a catalogue."""
        return cls(
            frozenset(catalogue.conversation),
            {name: service.neighbours for name, service in catalogue.services.items()},
            frozenset(name for name, one in catalogue.conversation.items() if one.elsewhere),
        )

    def group(self, intent: str) -> Group:
        """What kind of intent this is."""
        if intent == OUT_OF_SCOPE:
            return "out_of_scope"
        return "conversation" if intent in self.conversation else "service"


def outcome(truth: str, top: str, decision: Decision) -> Outcome:
    """What `decision` means for a message that means `truth`; `top` is the first intent ranked."""
    outside = truth == OUT_OF_SCOPE
    if decision.kind == OUT_OF_SCOPE:
        return "right" if outside else "refused"
    if decision.kind == "conversation":
        return "right" if top == truth else "wrong_conversation"
    if decision.kind == "route":
        if outside:
            return "accepted"
        return "right" if decision.options[:1] == (truth,) else "wrong_action"
    if outside:
        return "asked_outside"
    return "asked" if truth in decision.options else "asked_without"


def counted(
    rows: Iterable[Ranked], intents: Intents, thresholds: Thresholds
) -> Counter[tuple[Group, Outcome]]:
    """How often each outcome comes about in each group of intents, at these thresholds."""
    found: Counter[tuple[Group, Outcome]] = Counter()
    for row in rows:
        ranking = outside_in(row.ranking, intents.elsewhere)
        made = decide(ranking, intents.conversation, intents.neighbours, thresholds)
        top = ranking[0][0] if ranking else ""
        found[intents.group(row.truth), outcome(row.truth, top, made)] += 1
    return found
