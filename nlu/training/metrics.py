"""Scores of understanding on labelled messages, as `seva evaluate` defines them."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nlu.right_action import OUT_OF_SCOPE as OUT_OF_SCOPE
from nlu.right_action import Talk
from nlu.text import normalise
from nlu.training.calibration import calibration_error
from nlu.training.calibration import summary as calibration


@dataclass(frozen=True)
class Labelled:
    """One labelled message; `slots` is None where slots were not labelled."""

    text: str
    key: str
    service: str
    slots: Mapping[str, str] | None = None


@dataclass
class _Tally:
    """Counts of one key or one service."""

    rows: int = 0
    top1: int = 0
    top3: int = 0
    routed: int = 0
    routed_right: int = 0
    clarified: int = 0
    clarified_hit: int = 0

    def add(self, service: str, ranked: Sequence[str], kind: str, options: Sequence[str]) -> None:
        self.rows += 1
        self.top1 += ranked[:1] == [service]
        self.top3 += service in ranked[:3]
        if kind == "route":
            self.routed += 1
            self.routed_right += options[:1] == [service]
        if kind == "clarify":
            self.clarified += 1
            self.clarified_hit += service in options

    def summary(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "right_action": _share(self.routed_right, self.rows),
            "top1": _share(self.top1, self.rows),
            "top3": _share(self.top3, self.rows),
            "route_precision": _share(self.routed_right, self.routed),
            "route_rate": _share(self.routed, self.rows),
            "clarify_rate": _share(self.clarified, self.rows),
            "clarify_hit": _share(self.clarified_hit, self.clarified),
            "right_action_interval": wilson(self.routed_right, self.rows),
            "top1_interval": wilson(self.top1, self.rows),
        }


@dataclass
class _Slots:
    right: Counter = field(default_factory=Counter)
    found: Counter = field(default_factory=Counter)
    labelled: Counter = field(default_factory=Counter)

    def add(self, truth: Mapping[str, str], answer: Mapping[str, Any]) -> None:
        said = {(e["entity"], _same(e["raw"])) for e in answer["entities"] if "raw" in e}
        meant = {(name, _same(surface)) for name, surface in truth.items()}
        self.right.update(name for name, _ in said & meant)
        self.found.update(name for name, _ in said)
        self.labelled.update(name for name, _ in meant)

    @property
    def f1(self) -> float | None:
        """F1 over all slots; None where none was labelled or found."""
        return self.summary()["f1"] if self.found or self.labelled else None

    def summary(self) -> dict[str, Any]:
        right = sum(self.right.values())
        total = _scores(right, sum(self.found.values()), sum(self.labelled.values()))
        names = sorted(set(self.found) | set(self.labelled))
        by_slot = {n: _scores(self.right[n], self.found[n], self.labelled[n]) for n in names}
        return {**total, "by_slot": by_slot}


def first_ranked(answer: Mapping[str, Any]) -> tuple[str, float]:
    """The intent that the model thinks likeliest, before anything was decided, and how sure it is.
    Models are measured by it, since the `intent` of an answer follows the decision."""
    ranking = answer["intent_ranking"]
    return (ranking[0]["name"], ranking[0]["confidence"]) if ranking else ("", 0.0)


def score(
    rows: Sequence[Labelled],
    answers: Sequence[Mapping[str, Any]],
    *,
    conversation: frozenset[str],
    services: frozenset[str],
    elsewhere: frozenset[str] = frozenset(),
) -> dict[str, Any]:
    """The document that `seva evaluate --json` prints, less model and speed.

    Talk (`conversation`) counts apart from the services, which alone stand in the rows by key and
    by service; `right_action` at the top counts every message. A row of `elsewhere`, the talk about
    what is done elsewhere, counts as out of scope.
    """
    keys: dict[str, _Tally] = defaultdict(_Tally)
    by_service: dict[str, _Tally] = defaultdict(_Tally)
    slots_of: dict[str, _Slots] = defaultdict(_Slots)
    slots = _Slots()
    confused: Counter[tuple[str, str]] = Counter()
    outside = rejected = accepted = refused = inside = talk = answered = done_right = 0
    known = Talk(conversation, elsewhere)
    certainty: dict[str, list[tuple[float, bool]]] = defaultdict(list)
    for row, answer in zip(rows, answers):
        kind = answer["decision"]["kind"]
        options = [o["service"] for o in answer["decision"]["options"]]
        top, sure = first_ranked(answer)
        certainty[row.key].append((sure, top == row.service))
        done_right += known.right(row.service, kind, options, top)
        if known.group(row.service) == OUT_OF_SCOPE:
            outside += 1
            rejected += kind == OUT_OF_SCOPE
            accepted += kind == "route"
            continue
        if row.service in conversation:
            talk += 1
            answered += kind == "conversation" and top == row.service
            continue
        inside += 1
        refused += kind == OUT_OF_SCOPE
        ranked = [i["name"] for i in answer["intent_ranking"] if i["name"] not in conversation]
        keys[row.key].add(row.service, ranked, kind, options)
        by_service[row.service].add(row.service, ranked, kind, options)
        best = ranked[0] if ranked else ""
        if best != row.service:
            confused[(row.service, best)] += 1
        if row.slots is not None:
            slots.add(row.slots, answer)
            slots_of[row.service].add(row.slots, answer)
    everything = [pair for pairs in certainty.values() for pair in pairs]
    unknown = sorted({r.service for r in rows} - services - conversation - {OUT_OF_SCOPE})
    return {
        "rows": len(rows),
        "right_action": {
            "share": _share(done_right, len(rows)),
            "interval": wilson(done_right, len(rows)),
        },
        "by_key": {
            name: {**tally.summary(), "ece": calibration_error(certainty[name])}
            for name, tally in sorted(keys.items())
        },
        "by_service": {
            name: {**tally.summary(), "slots_f1": slots_of[name].f1}
            for name, tally in sorted(by_service.items())
        },
        "out_of_scope": {
            "rows": outside,
            "recall": _share(rejected, outside),
            "false_accept": _share(accepted, outside),
            "in_scope_rejected": _share(refused, inside),
        },
        "conversation": {"rows": talk, "recall": _share(answered, talk)},
        "slots": slots.summary(),
        "confusions": [[a, b, n] for (a, b), n in confused.most_common(30)],
        "unknown_services": unknown,
        "ece": calibration_error(everything),
        "calibration": calibration(everything),
    }


def _scores(right: int, found: int, labelled: int) -> dict[str, Any]:
    precision, recall = _share(right, found), _share(right, labelled)
    both = precision + recall
    return {
        "precision": precision,
        "recall": recall,
        "f1": round(2 * precision * recall / both, 4) if both else 0.0,
        "rows": labelled,
    }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0


def _same(surface: str) -> str:
    return normalise(surface).text.casefold().strip()


Z = 1.959964  # both tails of the normal distribution together hold 5 %


def wilson(right: int, rows: int) -> list[float]:
    """The 95 % score interval [low, high] of a share (Wilson 1927); [0, 1] without messages.

    Unlike mean ± 1.96 standard errors it stays inside 0 to 1 and says something at 105 of 105.
    """
    if not rows:
        return [0.0, 1.0]
    share, square = right / rows, Z * Z
    middle = (share + square / (2 * rows)) / (1 + square / rows)
    half = Z / (1 + square / rows) * math.sqrt(share * (1 - share) / rows + square / (4 * rows**2))
    return [round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)]
