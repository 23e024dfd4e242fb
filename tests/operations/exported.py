"""What the registries of the roles export, and what PromQL asks of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from prometheus_client import REGISTRY, CollectorRegistry

import actions.departments.metrics
import actions.server.metrics  # registers what the action server exports
from api.heartbeat import Heartbeat
from api.metrics import ServeMetrics, ShadowMetrics, WorkerMetrics

_PARTS = {"counter": (), "gauge": (), "histogram": ("_bucket", "_count", "_sum")}
_PROMETHEUS_OWN: Mapping[str, frozenset[str]] = {
    "up": frozenset(),
    "ALERTS": frozenset({"alertname", "alertstate"}),
}
_TARGET = frozenset({"job", "instance"})
_WORDS = ("and", "or", "unless", "bool", "offset", "group_left", "group_right")


@dataclass(frozen=True)
class Exported:
    """One metric of one role."""

    role: str
    name: str
    kind: str
    labels: tuple[str, ...]

    def series(self) -> Iterator[tuple[str, frozenset[str]]]:
        """Names of its series, each with its labels."""
        for part in _PARTS[self.kind] or ("",):
            le = {"le"} if part == "_bucket" else set()
            yield self.name + part, frozenset(self.labels) | le


def exported() -> list[Exported]:
    """Every metric of ours, of every role."""
    assert actions.departments.metrics.CALLS and actions.server.metrics.RUNNING
    worker = WorkerMetrics().registry
    worker.register(Heartbeat(30))
    shadow = ShadowMetrics().registry
    shadow.register(Heartbeat(30))
    registries = {"serve": ServeMetrics().registry, "worker": worker, "shadow": shadow}
    registries["actions"] = REGISTRY
    return [one for role, registry in registries.items() for one in _of(role, registry)]


def _of(role: str, registry: CollectorRegistry) -> Iterator[Exported]:
    for collector in set(registry._collector_to_names):
        made = [collector] if hasattr(collector, "_labelnames") else list(collector.collect())
        for metric in made:
            name = getattr(metric, "_name", "") or metric.name
            kind = getattr(metric, "_type", "") or metric.type
            labels = tuple(metric._labelnames) if hasattr(metric, "_labelnames") else ()
            if name.startswith("seva_"):
                yield Exported(role, name + ("_total" if kind == "counter" else ""), kind, labels)


def series() -> dict[str, frozenset[str]]:
    """Labels of every series that PromQL may name."""
    ours = {name: labels for one in exported() for name, labels in one.series()}
    return {**ours, **_PROMETHEUS_OWN}


def named(expression: str) -> set[str]:
    """Words of an expression that are names of series."""
    return set(re.findall(r"\b[A-Za-z_][\w:]*", re.sub(r"\{[^}]*\}", "", _names_only(expression))))


def faults(expression: str, known: Mapping[str, frozenset[str]]) -> list[str]:
    """What is wrong with a PromQL expression: parentheses, unknown series, unknown labels.

    This is no parser: it looks at the names, at labels in braces and at those after `by`.
    """
    plain = re.sub(r'"[^"]*"', '""', expression)
    found = [f"parentheses of {expression}"] if not _balanced(plain) else []
    used: set[str] = set()
    for name, braces in re.findall(r"\b([A-Za-z_][\w:]*)\s*(?:\{([^}]*)\})?", _names_only(plain)):
        if name not in known:
            found.append(f"series {name}")
            continue
        used |= known[name] | _TARGET
        for label in re.findall(r"([a-z_]+)\s*(?:=~|!~|!=|=)", braces):
            if label not in known[name] | _TARGET:
                found.append(f"label {label} of {name}")
    for listed in re.findall(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)", plain):
        found += [f"label {label}" for label in re.findall(r"\w+", listed) if label not in used]
    return found


def _names_only(plain: str) -> str:
    """An expression without functions, operators, ranges and lists of labels."""
    plain = re.sub(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)", " ", plain)
    plain = re.sub(r"\[[^\]]*\]", " ", plain)
    plain = re.sub(r"\b[a-z_0-9]+\s*(?=\()", " ", plain)
    plain = re.sub(r"\boffset\s+\w+", " ", plain)
    plain = re.sub(r"\b\d\w*", " ", plain)
    return re.sub(rf"\b(?:{'|'.join(_WORDS)})\b", " ", plain)


def _balanced(plain: str) -> bool:
    opened = []
    pairs = {")": "(", "]": "[", "}": "{"}
    for sign in plain:
        if sign in pairs.values():
            opened.append(sign)
        elif sign in pairs and (not opened or opened.pop() != pairs[sign]):
            return False
    return not opened
