"""What a role's `/metrics` says, and what two looks at it say of the time between them."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

_P95 = 0.95


@dataclass(frozen=True)
class Samples:
    """One look: every series, with the moment in seconds of any clock that does not step."""

    at: float
    series: tuple[Sample, ...]

    @classmethod
    def read(cls, text: str, at: float) -> Samples:
        """Of Prometheus' text format. Raises ValueError for anything else."""
        found = [one for family in text_string_to_metric_families(text) for one in family.samples]
        return cls(at, tuple(found))

    def value(self, name: str) -> float | None:
        """Of a series without labels, or the sum of those with; None if there is none."""
        found = [one.value for one in self.series if one.name == name]
        return sum(found) if found else None

    def labelled(self, name: str, label: str) -> dict[str, float]:
        """The values of a metric by one of its labels."""
        found: dict[str, float] = {}
        for one in self.series:
            if one.name == name:
                value = one.labels.get(label, "")
                found[value] = found.get(value, 0.0) + one.value
        return found

    def buckets(self, name: str, labels: Mapping[str, str] | None) -> dict[float, float]:
        """A histogram: how many were at most so long, by bound; `labels` of those that count."""
        found: dict[float, float] = {}
        for one in self.series:
            if one.name == f"{name}_bucket" and (labels or {}).items() <= one.labels.items():
                bound = float(one.labels["le"])
                found[bound] = found.get(bound, 0.0) + one.value
        return found


@dataclass(frozen=True)
class Pace:
    """How much a role did, and how fast, over some seconds."""

    per_minute: float | None = None
    p95_s: float | None = None
    over_s: float | None = None


@dataclass
class Window:
    """The looks at one role of the last while. The first tells of the time since its start."""

    seconds: float
    looks: deque[Samples] = field(default_factory=deque)

    def add(self, new: Samples, work: str) -> None:
        """Keeps a look. What was counted before a restart is forgotten."""
        if self.looks and _count(new, work) < _count(self.looks[-1], work):
            self.looks.clear()
        self.looks.append(new)
        while len(self.looks) > 2 and self.looks[1].at <= new.at - self.seconds:
            self.looks.popleft()

    def pace(self, work: str, labels: Mapping[str, str] | None) -> Pace:
        """Over the looks that are kept; nothing while there is one only."""
        if len(self.looks) < 2:
            return Pace()
        before, now = self.looks[0], self.looks[-1]
        bounds = before.buckets(work, labels)
        between = {
            bound: count - bounds.get(bound, 0.0)
            for bound, count in now.buckets(work, labels).items()
        }
        done = _count(now, work) - _count(before, work)
        return _pace(done, between, now.at - before.at)


def since_start(look: Samples, work: str, labels: Mapping[str, str] | None) -> Pace:
    """Over the role's life so far; nothing where it does not say how long that is."""
    uptime = look.value("seva_uptime_seconds")
    return _pace(_count(look, work), look.buckets(work, labels), uptime) if uptime else Pace()


def percentile(share: float, buckets: Mapping[float, float]) -> float | None:
    """As PromQL's `histogram_quantile`: straight between the bounds, the last finite one at most.
    None where nothing was counted."""
    bounds = sorted(buckets)
    if not bounds or not buckets[bounds[-1]]:
        return None
    wanted = share * buckets[bounds[-1]]
    below, counted = 0.0, 0.0
    for bound in bounds:
        if buckets[bound] >= wanted:
            if math.isinf(bound):
                return below
            inside = buckets[bound] - counted
            return below + (bound - below) * (wanted - counted) / inside if inside else bound
        below, counted = bound, buckets[bound]
    return below


def _pace(done: float, buckets: Mapping[float, float], seconds: float) -> Pace:
    if seconds <= 0:
        return Pace()
    return Pace(done * 60 / seconds, percentile(_P95, buckets), seconds)


def _count(look: Samples, work: str) -> float:
    return look.value(f"{work}_count") or 0.0


def models(look: Samples) -> Iterator[str]:
    """Ids of the models that serve, one after the other."""
    loaded = look.labelled("seva_model_loaded", "model")
    yield from sorted(model for model, processes in loaded.items() if processes > 0)
