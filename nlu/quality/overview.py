"""Every service as the people see it who keep it good: how much is taught, how well it is
understood, what it lacks. The weakest stand first."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nlu.catalogue.gaps import Gaps, gaps
from nlu.catalogue.model import LISTS, Catalogue, Service
from nlu.registry import live_id

_REPORT = "report/holdout.json"


@dataclass(frozen=True)
class Confusion:
    """Messages that meant `meant` and were heard as `heard`."""

    meant: str
    heard: str
    count: int


@dataclass(frozen=True)
class Score:
    """How often a service is ranked first, of `rows` held-out messages, and the lower end of its
    95 % interval (shares from 0 to 1)."""

    rows: int
    right: float
    low: float


@dataclass(frozen=True)
class Measured:
    """What the evaluation report of a model says. Only the thirty most frequent confusions of each
    hold-out are in it."""

    model: str = ""
    scores: Mapping[str, Score] = field(default_factory=dict)
    confusions: Sequence[Confusion] = ()

    def of(self, service: str) -> list[Confusion]:
        """The confusions that a service has a part in."""
        return [one for one in self.confusions if service in (one.meant, one.heard)]


@dataclass(frozen=True)
class KeyCoverage:
    """Sentences of one key by list, and the kinds of messages of which it has none."""

    key: str
    counts: Mapping[str, int]
    lacking: Sequence[str]
    weakest: bool


@dataclass(frozen=True)
class ServiceOverview:
    """One service. `file` is relative to the data folder; `score` is None without a report."""

    name: str
    department: str
    file: str
    titles: Mapping[str, str]
    keys: Sequence[KeyCoverage]
    facts_lacking: Sequence[str]
    score: Score | None
    confusions: Sequence[Confusion]

    @property
    def trained(self) -> int:
        """Trained sentences of all keys."""
        return sum(key.counts["utterances"] for key in self.keys)

    @property
    def kinds_lacking(self) -> int:
        """Kinds of messages that some key lacks, each key counted."""
        return sum(len(key.lacking) for key in self.keys)


def measured(models: Path, model: str | None = None) -> Measured:
    """What is known of a model of the registry, or of the live one. Nothing where there is none."""
    model = model or live_id(models) or ""
    try:
        told = json.loads((models / model / _REPORT).read_text("utf-8"))
    except (OSError, ValueError):
        return Measured(model)
    parts = [told, *filter(None, [told.get("noisy")])]
    counted: Counter[tuple[str, str]] = Counter()
    for part in parts:
        for meant, heard, count in part.get("confusions", ()):
            counted[meant, heard] += count
    names = {name for part in parts for name in part.get("by_service", {})}
    return Measured(
        model,
        {name: _score([part["by_service"].get(name) for part in parts]) for name in sorted(names)},
        [Confusion(*pair, count) for pair, count in counted.most_common()],
    )


def overviews(
    catalogue: Catalogue, known: Measured, lacking: Sequence[Gaps] | None = None
) -> list[ServiceOverview]:
    """All services, the weakest first: by the lower end of the score, then by what they lack.
    `lacking` is what `gaps` says of the catalogue, which takes seconds."""
    lacking = gaps(catalogue) if lacking is None else lacking
    found = [
        _overview(catalogue, service, gap, known)
        for service, gap in zip(catalogue.services.values(), lacking)
    ]
    return sorted(
        found,
        key=lambda one: (
            one.score.low if one.score else 1.0,
            -one.kinds_lacking,
            -len(one.facts_lacking),
            one.name,
        ),
    )


def _overview(
    catalogue: Catalogue, service: Service, lacking: Gaps, known: Measured
) -> ServiceOverview:
    keys = [*catalogue.languages.keys]
    counts = {
        key: {part: len(getattr(service, part).get(key, ())) for part in LISTS}
        for key in dict.fromkeys([*keys, *service.utterances])
    }
    taught = {key: counts[key]["utterances"] for key in keys}
    fewest = min(taught.values(), default=0)
    several = len(set(taught.values())) > 1
    return ServiceOverview(
        service.name,
        service.department,
        service.file.relative_to(catalogue.root).as_posix(),
        service.title,
        [
            KeyCoverage(
                key,
                counts[key],
                [kind for kind, missing in lacking.kinds.items() if key in missing],
                several and taught.get(key) == fewest,
            )
            for key in counts
        ],
        lacking.facts,
        known.scores.get(service.name),
        known.of(service.name),
    )


def _score(rows: Iterable[Mapping[str, Any] | None]) -> Score:
    """Of both hold-outs together."""
    from nlu.training.metrics import wilson

    some = [row for row in rows if row and row["rows"]]
    total = sum(row["rows"] for row in some)
    right = sum(round(row["top1"] * row["rows"]) for row in some)
    low = wilson(right, total)[0] if total else 0.0
    return Score(total, right / total if total else 0.0, low)
