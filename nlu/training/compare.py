"""Two models on the same messages: the gain per key and service with its interval, and every
message that one of them treats otherwise.

Both are measured by the right action (`nlu.right_action`). The record is JSON, so that a page, the
terminal and the gate read the same.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlu.catalogue import Catalogue, shared_catalogue
from nlu.registry import DATA, release_of
from nlu.right_action import OUT_OF_SCOPE, Talk
from nlu.training.answers import REPORT, Answered, Ask, answers_of, trained_texts
from nlu.training.metrics import Labelled
from nlu.whole_file import write_whole

RESAMPLES = 2000
CONFIDENCE = 0.95
HOLDOUTS = "hold-outs"
"""The `source` of a comparison on what both catalogues held back."""


def paired_difference(
    first: Sequence[bool], second: Sequence[bool], seed: int = 11, confidence: float = CONFIDENCE
) -> list[float]:
    """Mean of second minus first with its bootstrap interval: [mean, low, high].

    A message is won, lost or neither, so a resample is a draw of how many of each there are.
    """
    gains = np.asarray(second, dtype=int) - np.asarray(first, dtype=int)
    rows = len(gains)
    shares = np.array([(gains == -1).sum(), (gains == 0).sum(), (gains == 1).sum()]) / rows
    draws = np.random.default_rng(seed).multinomial(rows, shares, RESAMPLES)
    means = (draws[:, 2] - draws[:, 0]) / rows
    beyond = 50 * (1 - confidence)
    low, high = np.percentile(means, [beyond, 100 - beyond])
    return [round(float(v), 4) for v in (gains.mean(), low, high)]


def summary(
    first: Sequence[bool], second: Sequence[bool], confidence: float = CONFIDENCE
) -> dict[str, Any]:
    """Both shares, the gain with its interval, and how many messages were won and lost."""
    return {
        "rows": len(first),
        "a": round(sum(first) / len(first), 4),
        "b": round(sum(second) / len(second), 4),
        "gain": paired_difference(first, second, confidence=confidence),
        "won": sum(b and not a for a, b in zip(first, second)),
        "lost": sum(a and not b for a, b in zip(first, second)),
    }


def compared(
    rows: Sequence[Labelled],
    first: Sequence[bool],
    second: Sequence[bool],
    confidence: float = CONFIDENCE,
) -> dict[str, Any]:
    """Right action of both, and the gain, over all rows, by key and by service."""
    groups: dict[str, dict[str, list[int]]] = {
        "key": defaultdict(list),
        "service": defaultdict(list),
    }
    for i, row in enumerate(rows):
        groups["key"][row.key].append(i)
        groups["service"][row.service].append(i)

    def of(at: Sequence[int]) -> dict[str, Any]:
        return summary([first[i] for i in at], [second[i] for i in at], confidence)

    return {
        "all": of(range(len(rows))) if rows else None,
        "by_key": {k: of(at) for k, at in sorted(groups["key"].items())},
        "by_service": {k: of(at) for k, at in sorted(groups["service"].items())},
    }


@dataclass(frozen=True)
class Known:
    """What the two models of a comparison know: A is the one before, B the one after."""

    a: Catalogue
    b: Catalogue

    @property
    def new(self) -> frozenset[str]:
        """Services that only B has."""
        return frozenset(self.b.services) - frozenset(self.a.services)

    @property
    def gone(self) -> frozenset[str]:
        """Services that only A has."""
        return frozenset(self.a.services) - frozenset(self.b.services)

    def shared(self, intent: str) -> bool:
        """Whether both models know this intent."""
        return all(
            intent == OUT_OF_SCOPE or intent in one.services or intent in one.conversation
            for one in (self.a, self.b)
        )


def holdout_rows(known: Known) -> list[Labelled]:
    """What both catalogues hold back, each text once, less what either model was trained on. Where
    they say different things of a text, that of B counts; what only A means is left out."""
    from nlu.training.evaluate import HOLDOUT, NOISY, holdout

    trained = {*trained_texts(known.a), *trained_texts(known.b)}
    found: dict[str, Labelled] = {}
    for catalogue in (known.b, known.a):
        for part in (HOLDOUT, NOISY):
            for row in holdout(catalogue, part):
                if row.text not in trained and row.service not in known.gone:
                    found.setdefault(row.text, row)
    return list(found.values())


def comparison(
    a: str,
    b: str,
    known: Known,
    rows: Sequence[Labelled],
    answers: tuple[Mapping[str, Answered], Mapping[str, Answered]],
    source: str = HOLDOUTS,
    confidence: float = CONFIDENCE,
) -> dict[str, Any]:
    """The record: what `seva compare --json` prints. Services of B alone have rows of their own,
    `new_services`; talk and what no service does stand apart from the services."""
    before, after = (
        [found[row.text].right(row.service, talk) for row in rows]
        for found, talk in zip(answers, (Talk.of(known.a), Talk.of(known.b)))
    )
    talk = Talk.of(known.b)
    groups: dict[str, list[int]] = defaultdict(list)
    for i, row in enumerate(rows):
        group = talk.group(row.service)
        groups[group if known.shared(row.service) else "new"].append(i)

    def of(group: str) -> dict[str, Any] | None:
        at = groups[group]
        one, other = [before[i] for i in at], [after[i] for i in at]
        return summary(one, other, confidence) if at else None

    both = sorted(i for group, at in groups.items() if group != "new" for i in at)
    services = groups["service"]
    return {
        "a": a,
        "b": b,
        "source": source,
        "confidence": confidence,
        **compared(
            [rows[i] for i in services],
            [before[i] for i in services],
            [after[i] for i in services],
            confidence,
        ),
        "all": summary([before[i] for i in both], [after[i] for i in both], confidence)
        if both
        else None,
        "out_of_scope": of(OUT_OF_SCOPE),
        "conversation": of("conversation"),
        "new_services": dict(_new(rows, after, groups["new"], known.new)),
        "gone_services": sorted(known.gone),
        "changed": list(_changed(rows, answers, before, after)),
    }


def _new(
    rows: Sequence[Labelled], after: Sequence[bool], at: Sequence[int], names: Collection[str]
) -> Iterator[tuple[str, dict[str, Any]]]:
    for name in sorted({*names, *(rows[i].service for i in at)}):
        mine = [after[i] for i in at if rows[i].service == name]
        share = round(sum(mine) / len(mine), 4) if mine else None
        yield name, {"rows": len(mine), "right_action": share}


def _changed(
    rows: Sequence[Labelled],
    answers: tuple[Mapping[str, Answered], Mapping[str, Answered]],
    before: Sequence[bool],
    after: Sequence[bool],
) -> Iterator[dict[str, Any]]:
    """Each message that the two treat otherwise; what was lost comes first."""
    found = []
    for row, was, is_now in zip(rows, before, after):
        one, other = (each[row.text] for each in answers)
        if one.action != other.action:
            change = "lost" if was and not is_now else "won" if is_now and not was else "other"
            told = [
                {"kind": a.kind, "options": list(a.options), "top": a.top, "sure": a.sure}
                for a in (one, other)
            ]
            found.append(
                {
                    "text": row.text,
                    "key": row.key,
                    "meant": row.service,
                    "change": change,
                    "before": told[0],
                    "after": told[1],
                }
            )
    order = ("lost", "won", "other")
    yield from sorted(found, key=lambda one: order.index(str(one["change"])))


def known_to(folder: Path, a: str, b: str) -> Known:
    """The catalogues that two models of a registry were trained on. Raises FileNotFoundError, and
    CatalogueError."""
    one, other = (shared_catalogue(release_of(folder, i).model / DATA) for i in (a, b))
    return Known(one, other)


def compare(
    folder: Path,
    a: str,
    b: str,
    rows: Sequence[Labelled] | None = None,
    source: str = HOLDOUTS,
    confidence: float = CONFIDENCE,
    ask: Ask | None = None,
) -> dict[str, Any]:
    """Compares two models of the registry on `rows`, or on what both hold back; then the record is
    kept beside B. Raises ReleaseRefused, FileNotFoundError."""
    known = known_to(folder, a, b)
    held_back = rows is None
    asked = holdout_rows(known) if rows is None else rows
    answers = (answers_of(folder, a, asked, ask), answers_of(folder, b, asked, ask))
    found = comparison(a, b, known, asked, answers, source, confidence)
    if held_back:
        text = json.dumps(found, ensure_ascii=False)
        write_whole(release_of(folder, b).model / REPORT / _file(a), text)
    return found


def kept_comparison(folder: Path, a: str, b: str) -> dict[str, Any] | None:
    """The record of a comparison on the hold-outs, if it was made; either may be the later one."""
    path = comparison_file(folder, a, b)
    return None if path is None else dict(json.loads(path.read_text("utf-8")))


def comparison_file(folder: Path, a: str, b: str) -> Path | None:
    """Where that record lies."""
    for one, other in ((a, b), (b, a)):
        path = folder / other / REPORT / _file(one)
        if path.is_file():
            return path
    return None


def _file(a: str) -> str:
    return f"compare-{a}.json"
