"""What `seva models` prints: all models in a table, or where one comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from nlu.canary import BEGUN, ENDED
from nlu.canary_pointer import Canary
from nlu.lineage import Change
from nlu.registry import Manifest
from nlu.right_action import worst_key

_COMMIT = 9  # characters of a commit that are shown


@dataclass(frozen=True)
class Serving:
    """Which models answer citizens."""

    live: str | None
    canary: Canary | None = None

    def mark(self, model: str) -> str:
        """What one of them does; empty for most."""
        if model == self.live:
            return "live"
        canary = self.canary
        return f"{canary.percent:g} %" if canary is not None and canary.id == model else ""


def as_rows(found: Sequence[Manifest], serving: Serving, made: Sequence[Change]) -> list[Any]:
    """The document that `seva models --json` prints."""
    return [
        {
            **asdict(one),
            "live": one.id == serving.live,
            "canary": serving.canary is not None and one.id == serving.canary.id,
            "changes": [asdict(change) for change in made if change.id == one.id],
        }
        for one in found
    ]


def print_table(found: Sequence[Manifest], serving: Serving, made: Sequence[Change]) -> None:
    """A line for each model, ids and heads whole on 80 columns. `worst key`: the share of
    right actions in its hold-out. Of a canary the share of the citizens is told."""
    from rich.console import Console
    from rich.table import Column, Table

    whole = {"no_wrap": True, "overflow": "ignore"}
    table = Table(
        *(Column(name, **whole) for name in ("", "id", "profile")),  # type: ignore[arg-type]
        Column("services", justify="right", no_wrap=True),
        Column("worst key", justify="right", no_wrap=True),
        Column("MB", justify="right", no_wrap=True),
        "why",
        box=None,
        pad_edge=False,
    )
    for one in found:
        _, worst = worst_key(one.metrics)
        table.add_row(
            serving.mark(one.id),
            one.id,
            one.profile,
            str(one.services),
            f"{worst:.3f}",
            f"{one.archive_bytes / 1e6:.1f}",
            one.lineage.get("reason", ""),
        )
    Console().print(table)
    if made:
        print(f"Last change: {_told(made[-1])}")


def print_one(one: Manifest, serving: Serving, made: Sequence[Change]) -> None:
    """All that a person asks of one model before promoting it."""
    lineage, mark = one.lineage, serving.mark(one.id)
    commit = lineage.get("commit", "")
    edited = " and what was not committed" if commit.endswith("+") else ""
    told = {
        "id": one.id + (f", {mark}" if mark else ""),
        "trained": f"{one.created}, profile {one.profile}, {one.train_seconds:.0f} s",
        "by": lineage.get("author", ""),
        "because": lineage.get("reason", ""),
        "commit": commit.rstrip("+")[:_COMMIT] + edited,
        "words": one.snapshot[:12],
        "inputs": one.inputs[:12],
        "catalogue": f"{one.services} services, {one.utterances} sentences",
        "size": f"{one.archive_bytes / 1e6:.1f} MB",
    }
    for name, value in told.items():
        print(f"{name:<10}{value or 'not known'}")
    for change in made:
        if change.id == one.id:
            print(f"{'live':<10}{_told(change)}")


def _told(change: Change) -> str:
    done = {
        "promote": "promoted",
        "rollback": "gone back to",
        BEGUN: f"made the canary of {change.percent:g} % of the citizens",
        ENDED: "ended as the canary",
    }.get(change.what, change.what)
    reason = f": {change.reason}" if change.reason else ""
    gate = {"failed": ", although the gate failed it", "not asked": ", the gate was not asked"}
    by = f"{change.by or 'nobody known'}{gate.get(change.gate, '')}"
    return f"{change.id} {done} on {change.at} by {by}{reason}"
