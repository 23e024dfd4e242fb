"""Fills the page's template from scores, messages and the catalogue, and writes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from nlu.catalogue import Catalogue
from nlu.classifier.decision import Thresholds
from nlu.text.script import dominant
from nlu.training.metrics import wilson
from nlu.training.outcome import Intents, Ranked, counted
from nlu.training.report import plots
from nlu.training.report.confusion import Row, matrix, pairs
from nlu.training.report.message import Message, Prediction, judged
from nlu.whole_file import write_whole

FOLDER = Path(__file__).parent
MANIFEST = ("created", "profile", "services", "utterances", "train_seconds", "archive_bytes")
STEPS = [i / 20 for i in range(20)]
MIXED = "Several scripts"
FLAWS = (  # the worst first
    *("wrong_action", "accepted", "wrong_conversation", "refused"),
    *("asked_without", "asked_outside", "slots"),
)
CURVES = (
    ("questions", "ask", ("asked", "asked_without", "asked_outside")),
    ("wrong service", "wrong", ("wrong_action", "wrong_conversation")),
    ("refused in error", "refuse", ("refused",)),
    ("opened in error", "accept", ("accepted",)),
)


@dataclass(frozen=True)
class Names:
    """What services and departments are called on the page; a stranger keeps its id."""

    catalogue: Catalogue

    def title(self, intent: str) -> str:
        """A short name."""
        service = self.catalogue.services.get(intent)
        return service.menu["en"] if service else intent.replace("_", " ") or "no service"

    def department(self, intent: str) -> str:
        """The department's title; "" for what is not a service."""
        service = self.catalogue.services.get(intent)
        if service is None:
            return ""
        return self.catalogue.departments[service.department].title["en"]

    def file(self, intent: str) -> str:
        """Where its sentences are, relative to the catalogue's folder."""
        known = self.catalogue.services.get(intent) or self.catalogue.conversation.get(intent)
        if known is None:
            return ""
        root = self.catalogue.root.resolve()
        path = known.file.resolve()
        return str(path.relative_to(root)) if path.is_relative_to(root) else path.name

    def neighbours(self, intent: str) -> tuple[str, ...]:
        """The services it says it is easily mistaken for."""
        service = self.catalogue.services.get(intent)
        return service.neighbours if service else ()

    def only_asked(self, slot: str) -> bool:
        """Whether no service takes this value from a free message (`extract: false`)."""
        types = [
            s.type for v in self.catalogue.services.values() for s in v.slots if s.name == slot
        ]
        return bool(types) and not any(slot_type.extract for slot_type in types)

    def key(self, key: str) -> str:
        """The way of writing, in words."""
        known = self.catalogue.languages.keys.get(key)
        return known.name if known else MIXED if key == "mix" else key


def write_report(
    path: Path,
    metrics: Mapping[str, Any],
    predictions: Sequence[Prediction],
    facts: Mapping[str, Any],
    *,
    catalogue: Catalogue,
    thresholds: Thresholds,
) -> Path:
    """Writes the page to `path`, atomically, and returns it.

    `metrics` is the document of `seva evaluate --json`; `facts` tells about the model: `model`,
    `source` (what was scored), and any of the manifest's `created`, `profile`, `services`,
    `utterances`, `train_seconds`, `archive_bytes`.
    """
    html = render(metrics, predictions, facts, catalogue=catalogue, thresholds=thresholds)
    write_whole(path, html)
    return path


def render(
    metrics: Mapping[str, Any],
    predictions: Sequence[Prediction],
    facts: Mapping[str, Any],
    *,
    catalogue: Catalogue,
    thresholds: Thresholds,
) -> str:
    """The page as text; everything it needs is inside it."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = plots.percent
    environment.filters["by_department"] = _by_department
    conversation = frozenset(catalogue.conversation)
    names = Names(catalogue)
    messages = judged(predictions, conversation)
    intents = Intents.of(catalogue)
    return environment.get_template("template.html").render(
        metrics=metrics,
        facts={**dict.fromkeys(MANIFEST), **facts},
        names=names,
        thresholds=thresholds,
        headline=_headline(messages, metrics["by_key"]),
        keys=_keys(metrics),
        reliability=plots.reliability(metrics["calibration"]["bins"]),
        matrix=matrix(messages, names.department),
        pairs=pairs(messages),
        sweeps=_sweeps(messages, intents, thresholds),
        wrong=sorted((m for m in messages if m.flaw), key=lambda m: FLAWS.index(m.flaw)),
        style=Markup((FOLDER / "style.css").read_text("utf-8")),
        script=Markup((FOLDER / "script.js").read_text("utf-8")),
    )


def _by_department(rows: Sequence[Row], names: Names) -> list[tuple[str, list[Row]]]:
    """Neighbouring rows of the matrix with the same department."""
    return [
        (title, list(same)) for title, same in groupby(rows, lambda r: names.department(r.truth))
    ]


def _headline(messages: Sequence[Message], keys: Mapping[str, Any]) -> dict[str, Any]:
    inside = [m for m in messages if m.inside]
    outside = [m for m in messages if not m.inside]
    acted = [m for m in inside if m.decision.kind == "route"]

    def share(part: Sequence[bool]) -> dict[str, Any]:
        right = sum(part)
        return {
            "share": right / len(part) if part else 0.0,
            "interval": wilson(right, len(part)),
            "rows": len(part),
        }

    return {
        "right": share([m.result == "right" for m in messages]),
        "top1": share([m.best == m.truth for m in inside]),
        "acted": share([m.decision.kind == "route" for m in inside]),
        "acted_right": share([m.result == "right" for m in acted]),
        "asked": share([m.decision.kind == "clarify" for m in inside]),
        "outside": share([m.decision.kind == "out_of_scope" for m in outside]),
        "refused": share([m.decision.kind == "out_of_scope" for m in inside]),
        "accepted": share([m.decision.kind == "route" for m in outside]),
        "top3": sum(k["top3"] * k["rows"] for k in keys.values()) / max(1, len(inside)),
    }


def _keys(metrics: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = metrics["by_key"]
    lowest = min([0.9, *(row["right_action_interval"][0] for row in rows.values())])
    start = int(lowest * 10) / 10
    return [
        {
            "key": key,
            **row,
            "plot": plots.interval(row["right_action"], row["right_action_interval"], start),
        }
        for key, row in rows.items()
    ]


def _sweeps(
    messages: Sequence[Message], intents: Intents, thresholds: Thresholds
) -> list[dict[str, Any]]:
    """One sweep over `route` and one over `reject`; messages without letters are not in them."""
    rows = [Ranked(m.truth, m.key, m.ranking) for m in messages if dominant(m.text)]
    found = []
    for name in ("route", "reject"):
        current = getattr(thresholds, name)
        table = []
        for value in sorted({*STEPS, current}):
            counts = counted(rows, intents, replace(thresholds, **{name: value}))
            shares = {
                kind: sum(n for (_, o), n in counts.items() if o in outcomes) / max(1, len(rows))
                for _, kind, outcomes in CURVES
            }
            table.append({"value": value, "shares": shares})
        curves = [
            plots.Curve(words, kind, [(row["value"], row["shares"][kind]) for row in table])
            for words, kind, _ in CURVES
        ]
        found.append(
            {
                "name": name,
                "current": current,
                "plot": plots.sweep(curves, current, name),
                "table": table,
                "curves": curves,
            }
        )
    return found
