"""`seva why`: what a message was understood as, and which trained sentences and words made it so.

Of a written message; what was spoken is ranked by machines of its own, which see sounds only. What
is told beside the service (facts asked about, danger) is not explained here: `seva parse` shows it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.classifier.decision import OUT_OF_SCOPE, Decision, Thresholds, decide, outside_in
from nlu.paths import data_folder, reading
from nlu.quality.index import Index, index_of
from nlu.quality.machine import Machine, load
from nlu.quality.progress import Tell, untold
from nlu.quality.pull import Pull, pull
from nlu.quality.sentences import Sentence, place
from nlu.registry import DATA, Release
from nlu.text.script import dominant
from nlu.training.development import LENGTH

NUMBER_ALONE = "number_alone"
"""Instead of a decision's kind where a message has no letters: the format of the number decides."""
_INTENTS, _EACH, _ALL = 3, 3, 5  # intents with their nearest sentences, these of each, of all


@dataclass(frozen=True)
class Near:
    """A trained sentence near to a message: where it is written, and the cosine of the two."""

    sentence: Sentence
    file: Path
    line: int
    cosine: float


@dataclass(frozen=True)
class Explanation:
    """All that `seva why` says. `nearest` of all sentences, `of_intent` of the first intents."""

    text: str
    model: str
    ranking: Sequence[tuple[str, float]]
    decision: Decision
    reason: str
    pull: Pull
    nearest: Sequence[Near]
    of_intent: Mapping[str, Sequence[Near]]


class UnknownIntent(ValueError):
    """The model has no such intent; the message names the nearest."""


def explain(
    release: Release, text: str, against: str | None = None, tell: Tell = untold
) -> Explanation:
    """Explains what a model makes of a raw message that has a word at least. `against`: the intent
    that the pull is measured against, instead of the next in the ranking.

    Raises ReleaseRefused, FileNotFoundError and UnknownIntent."""
    machine = load(release, tell)
    index = index_of(release.model, machine.encoder)
    with reading(release.data):
        return _explained(machine, index, release, text, against)


def _explained(
    machine: Machine, index: Index, release: Release, text: str, against: str | None
) -> Explanation:
    ranking = machine.ranking(text, LENGTH)
    made, reason = decided(text, ranking, index, machine.thresholds)
    chosen, rival = _pair(made, ranking, index.intents.elsewhere)
    if against is not None:
        _check(against, machine.model.labels)
        rival = against
        if rival == chosen:
            chosen = next(name for name, _ in ranking if name != rival)
    vector = machine.dense(text)
    copy, working = release.model / DATA, data_folder_of_team()

    def near(count: int, intent: str | None = None) -> list[Near]:
        found = index.nearest(vector, count, intent)
        return [Near(one, *place(one, copy, working), cosine) for one, cosine in found]

    first = dict.fromkeys((chosen, rival, *(name for name, _ in ranking[:_INTENTS])))
    return Explanation(
        text,
        release.model_id,
        ranking,
        made,
        reason,
        pull(machine, text, chosen, rival),
        near(_ALL),
        {name: near(_EACH, name) for name in list(first)[:_INTENTS]},
    )


def data_folder_of_team() -> Path:
    """The data folder that the team edits, whatever this process reads at the moment."""
    with reading(None):
        return data_folder().absolute()


def _check(name: str, labels: Sequence[str]) -> None:
    from nlu.catalogue.yaml_source import did_you_mean

    if name not in labels:
        raise UnknownIntent(f"the model has no intent `{name}`: {did_you_mean(name, labels)}")


def _pair(
    made: Decision, ranking: Sequence[tuple[str, float]], elsewhere: frozenset[str]
) -> tuple[str, str]:
    """The intent that was decided for, and the likeliest that was not."""
    outside = [name for name, _ in ranking if name == OUT_OF_SCOPE or name in elsewhere]
    first = ranking[0][0]
    if made.kind == OUT_OF_SCOPE and outside:
        inside = [name for name, _ in ranking if name not in outside]
        return outside[0], (inside or [ranking[1][0]])[0]
    return first, next(name for name, _ in ranking if name != first)


def decided(
    text: str, ranking: Sequence[tuple[str, float]], index: Index, thresholds: Thresholds
) -> tuple[Decision, str]:
    """The decision on a message, and which threshold of config.yml made it."""
    intents = index.intents
    if not dominant(text) and any(c.isdecimal() for c in text):
        return Decision(NUMBER_ALONE), "a number alone: its format decides, see `seva parse`"
    folded = outside_in(ranking, intents.elsewhere)
    made = decide(folded, intents.conversation, intents.neighbours, thresholds)
    return made, _reason(made, folded, intents.conversation, thresholds)


def _reason(
    made: Decision,
    ranking: Sequence[tuple[str, float]],
    conversation: frozenset[str],
    thresholds: Thresholds,
) -> str:
    top, sure = ranking[0]
    inside = [(name, p) for name, p in ranking if name not in conversation]
    outside = sum(p for name, p in ranking if name == OUT_OF_SCOPE)
    likeliest = inside[0][1] if inside else 0.0
    if made.kind == "conversation":
        return f"{top} has {sure:.3f}, `reject` is {thresholds.reject:g}"
    if made.kind == "route":
        return f"{top} has {sure:.3f}, `route` is {thresholds.route:g}"
    if made.kind == OUT_OF_SCOPE and outside and outside >= thresholds.refuse * likeliest:
        return (
            f"out of scope has {outside:.3f}, the likeliest service {likeliest:.3f}, "
            f"`refuse` is {thresholds.refuse:g}"
        )
    together = sum(p for _, p in inside)
    if made.kind == OUT_OF_SCOPE:
        return f"all services have {together:.3f}, `reject` is {thresholds.reject:g}"
    return (
        f"{inside[0][0]} has {likeliest:.3f}, `route` is {thresholds.route:g}; all services have "
        f"{together:.3f}, `reject` is {thresholds.reject:g}"
    )


def as_json(found: Explanation) -> dict[str, Any]:
    """The document that `seva why --json` prints."""
    return {
        "text": found.text,
        "model": found.model,
        "intent_ranking": [{"name": name, "confidence": p} for name, p in found.ranking],
        "decision": {
            "kind": found.decision.kind,
            "options": list(found.decision.options),
            "reason": found.reason,
        },
        "pull": {
            "for": found.pull.chosen,
            "against": found.pull.rival,
            "log_odds": found.pull.total,
            "words": [vars(word) for word in found.pull.words],
            "meaning": found.pull.meaning,
            "places": found.pull.places,
            "rest": found.pull.rest,
            "start": found.pull.start,
        },
        "nearest": [_near(one) for one in found.nearest],
        "nearest_of_intent": {
            name: [_near(one) for one in some] for name, some in found.of_intent.items()
        },
    }


def _near(one: Near) -> dict[str, Any]:
    return {
        "intent": one.sentence.intent,
        "key": one.sentence.key,
        "text": one.sentence.text,
        "file": str(one.file),
        "line": one.line,
        "cosine": round(one.cosine, 4),
    }
