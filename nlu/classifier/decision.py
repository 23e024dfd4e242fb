"""What to do with a ranked list of intents: route, clarify, converse or refuse.

Confidences are calibrated, so the thresholds are probabilities: acting on a service below
`route` would be wrong too often, and below `reject` even its neighbours are a guess.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True)
class Thresholds:
    """Probabilities chosen on development data; see docs/understanding.md.

    Unless it is talk, a message is refused where out of scope is at least `refuse` times as likely
    as the likeliest service. Not from a probability on: where many services share what is left, a
    third for out of scope outweighs each of them.
    """

    route: float
    reject: float
    option: float
    options: int
    refuse: float


@dataclass(frozen=True)
class Decision:
    """`kind` is route, clarify, out_of_scope or conversation; `options` are service names."""

    kind: str
    options: tuple[str, ...] = ()


def outside_in(
    ranking: Sequence[tuple[str, float]], elsewhere: Collection[str]
) -> list[tuple[str, float]]:
    """The ranking with every intent of `elsewhere` counted as out of scope."""
    return [(OUT_OF_SCOPE if name in elsewhere else name, p) for name, p in ranking]


def intent_of(
    made: Decision, ranking: Sequence[tuple[str, float]], elsewhere: Collection[str]
) -> tuple[str, float]:
    """The one intent that an answer names, and its probability. It follows the decision, so that
    who reads only one of them acts alike: of a message that is refused, out of scope with all that
    is ranked outside; otherwise the first option, or the intent ranked first where there is none.
    """
    if made.kind == OUT_OF_SCOPE:
        outside = sum(p for name, p in outside_in(ranking, elsewhere) if name == OUT_OF_SCOPE)
        return OUT_OF_SCOPE, min(1.0, outside)
    if made.options:
        return made.options[0], dict(ranking).get(made.options[0], 0.0)
    return ranking[0]


def decide(
    ranking: Sequence[tuple[str, float]],
    conversation: frozenset[str],
    neighbours: Mapping[str, Sequence[str]],
    thresholds: Thresholds,
) -> Decision:
    """Decides for one message. `ranking` is (intent, probability), best first."""
    if not ranking:
        return Decision(OUT_OF_SCOPE)
    top, confidence = ranking[0]
    services = [(name, p) for name, p in ranking if name not in conversation]
    if top in conversation and top != OUT_OF_SCOPE and confidence >= thresholds.reject:
        return Decision("conversation")
    outside = sum(p for name, p in ranking if name == OUT_OF_SCOPE)
    likeliest = services[0][1] if services else 0.0
    if outside and outside >= thresholds.refuse * likeliest:
        return Decision(OUT_OF_SCOPE)
    if top not in conversation and confidence >= thresholds.route:
        return Decision("route", (top,))
    inside = sum(p for _, p in services)
    if not services or inside < thresholds.reject:
        return Decision(OUT_OF_SCOPE)
    return Decision("clarify", _options(services, neighbours, thresholds))


def _options(
    services: Sequence[tuple[str, float]],
    neighbours: Mapping[str, Sequence[str]],
    thresholds: Thresholds,
) -> tuple[str, ...]:
    """The likeliest services; one alone is joined by its nearest neighbour."""
    chosen = [name for name, p in services if p >= thresholds.option][: thresholds.options]
    if not chosen:
        chosen = [services[0][0]]
    if len(chosen) == 1:
        probability = dict(services)
        near = sorted(neighbours.get(chosen[0], ()), key=lambda n: -probability.get(n, 0.0))
        chosen += [near[0]] if near else [name for name, _ in services[1:2]]
    return tuple(chosen)
