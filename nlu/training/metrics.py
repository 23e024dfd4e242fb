"""Scores of understanding on labelled messages, as `seva evaluate` defines them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from nlu.text import normalise

OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True)
class Labelled:
    """One labelled message; `slots` is None where slots were not labelled."""

    text: str
    key: str
    service: str
    slots: Mapping[str, str] | None = None


@dataclass
class _Key:
    rows: int = 0
    top1: int = 0
    top3: int = 0
    routed: int = 0
    routed_right: int = 0
    clarified: int = 0
    clarified_hit: int = 0

    def summary(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "top1": _share(self.top1, self.rows),
            "top3": _share(self.top3, self.rows),
            "route_precision": _share(self.routed_right, self.routed),
            "route_rate": _share(self.routed, self.rows),
            "clarify_rate": _share(self.clarified, self.rows),
            "clarify_hit": _share(self.clarified_hit, self.clarified),
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

    def summary(self) -> dict[str, Any]:
        right = sum(self.right.values())
        total = _scores(right, sum(self.found.values()), sum(self.labelled.values()))
        names = sorted(set(self.found) | set(self.labelled))
        by_slot = {n: _scores(self.right[n], self.found[n], self.labelled[n]) for n in names}
        return {**total, "by_slot": by_slot}


def score(
    rows: Sequence[Labelled],
    answers: Sequence[Mapping[str, Any]],
    *,
    conversation: frozenset[str],
    services: frozenset[str],
) -> dict[str, Any]:
    """The document that `seva evaluate --json` prints, less model and speed."""
    keys: dict[str, _Key] = defaultdict(_Key)
    slots = _Slots()
    confused: Counter[tuple[str, str]] = Counter()
    outside = rejected = accepted = refused = inside = 0
    certainty: list[tuple[float, bool]] = []
    for row, answer in zip(rows, answers):
        kind = answer["decision"]["kind"]
        options = [o["service"] for o in answer["decision"]["options"]]
        top = answer["intent"]["name"]
        certainty.append((answer["intent"]["confidence"], top == row.service))
        if row.service == OUT_OF_SCOPE:
            outside += 1
            rejected += kind == OUT_OF_SCOPE
            accepted += kind == "route"
            continue
        inside += 1
        refused += kind == OUT_OF_SCOPE
        ranked = [i["name"] for i in answer["intent_ranking"] if i["name"] not in conversation]
        best = ranked[0] if ranked else ""
        key = keys[row.key]
        key.rows += 1
        key.top1 += best == row.service
        key.top3 += row.service in ranked[:3]
        if kind == "route":
            key.routed += 1
            key.routed_right += options[:1] == [row.service]
        if kind == "clarify":
            key.clarified += 1
            key.clarified_hit += row.service in options
        if best != row.service:
            confused[(row.service, best)] += 1
        if row.slots is not None:
            slots.add(row.slots, answer)
    unknown = sorted({r.service for r in rows} - services - {OUT_OF_SCOPE})
    return {
        "rows": len(rows),
        "by_key": {name: key.summary() for name, key in sorted(keys.items())},
        "out_of_scope": {
            "rows": outside,
            "recall": _share(rejected, outside),
            "false_accept": _share(accepted, outside),
            "in_scope_rejected": _share(refused, inside),
        },
        "slots": slots.summary(),
        "confusions": [[a, b, n] for (a, b), n in confused.most_common(30)],
        "unknown_services": unknown,
        "ece": calibration_error(certainty),
    }


def calibration_error(certainty: Sequence[tuple[float, bool]], bins: int = 15) -> float:
    """Expected calibration error with equal-width bins (Guo et al. 2017)."""
    total = 0.0
    for i in range(bins):
        low, high = i / bins, (i + 1) / bins
        inside = [(c, r) for c, r in certainty if low < c <= high]
        if inside:
            mean = sum(c for c, _ in inside) / len(inside)
            right = sum(r for _, r in inside) / len(inside)
            total += abs(mean - right) * len(inside) / len(certainty)
    return round(total, 4)


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
