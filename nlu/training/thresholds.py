"""Chooses the thresholds of the decision that cost the citizen least on development data.

Expected cost of a message: over services, talk and what is out of scope, the mean cost of the
outcomes in each, weighed by the shares of `data/decision.yml`. `route` and `reject` are searched
together over a grid, `refuse` and `option` after them, twice.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from nlu.classifier.decision import Thresholds
from nlu.paths import config_file
from nlu.records import Misfit, read_record
from nlu.training.outcome import OUTCOMES, Group, Intents, Outcome, Ranked, counted


@dataclass(frozen=True)
class Costs:
    """`data/decision.yml`: cost of each outcome, shares of the groups, the values to try."""

    costs: Mapping[str, float]
    shares: Mapping[str, float]
    sweep: Mapping[str, tuple[float, ...]]

    @classmethod
    def read(cls, path: Path) -> Costs:
        """Raises RecordError."""
        return read_record(path, cls, _misfits)

    def expected(self, counts: Counter[tuple[Group, Outcome]]) -> float:
        """Cost of a message; groups without development rows are left out of the mean."""
        rows: Counter[str] = Counter()
        paid: dict[str, float] = defaultdict(float)
        for (group, found), count in counts.items():
            rows[group] += count
            paid[group] += count * self.costs.get(found, 0.0)
        weight = sum(self.shares[group] for group in rows)
        return sum(self.shares[g] * paid[g] / rows[g] for g in rows) / weight if weight else 0.0


def _misfits(costs: Costs) -> Iterator[Misfit]:
    wanted = {
        "costs": {str(name) for name in OUTCOMES if name != "right"},
        "shares": {"service", "conversation", "out_of_scope"},
        "sweep": {"route", "reject", "option", "refuse"},
    }
    for section, names in wanted.items():
        if odd := sorted(names ^ getattr(costs, section).keys()):
            what = f"`{section}` lacks or does not know: {', '.join(odd)}"
            yield Misfit(what, f"it has {', '.join(sorted(names))}")


@dataclass(frozen=True)
class Point:
    """One setting tried: its expected cost per message and how often each outcome came about."""

    thresholds: Thresholds
    cost: float
    counts: Counter[tuple[Group, Outcome]]


@dataclass(frozen=True)
class Choice:
    """The cheapest setting, the one in use, and all that were tried on the way."""

    best: Point
    current: Point
    tried: tuple[Point, ...]


def choose(rows: Sequence[Ranked], intents: Intents, costs: Costs, current: Thresholds) -> Choice:
    """Searches the grid of `costs.sweep`; ties go to the values nearest to the current ones."""
    tried: dict[Thresholds, Point] = {}

    def point(at: Thresholds) -> Point:
        if at not in tried:
            counts = counted(rows, intents, at)
            tried[at] = Point(at, costs.expected(counts), counts)
        return tried[at]

    def rank(found: Point) -> tuple[float, float]:
        apart = (
            abs(found.thresholds.route - current.route)
            + abs(found.thresholds.reject - current.reject)
            + abs(found.thresholds.option - current.option)
            + abs(found.thresholds.refuse - current.refuse)
        )
        return round(found.cost, 9), apart

    start = best = point(current)
    for _ in range(2):
        for route in costs.sweep["route"]:
            for reject in costs.sweep["reject"]:
                best = min(
                    best, point(replace(best.thresholds, route=route, reject=reject)), key=rank
                )
        for refuse in costs.sweep["refuse"]:
            best = min(best, point(replace(best.thresholds, refuse=refuse)), key=rank)
        for option in costs.sweep["option"]:
            best = min(best, point(replace(best.thresholds, option=option)), key=rank)
    return Choice(best, start, tuple(tried.values()))


def configured(config: Path) -> Thresholds:
    """The thresholds of `config.yml`."""

    from nlu.fast_yaml import load_yaml

    pipeline = load_yaml(config.read_text("utf-8"))["pipeline"]
    mine = next(c for c in pipeline if c["name"].endswith(".Decision"))
    return Thresholds(
        float(mine["route"]),
        float(mine["reject"]),
        float(mine["option"]),
        int(mine["options"]),
        float(mine["refuse"]),
    )


def document(choice: Choice) -> dict[str, Any]:
    """What `--json` prints: the suggestion, the present values, and every setting tried."""

    def shown(point: Point) -> dict[str, Any]:
        names = ("service", "conversation", "out_of_scope")
        outcomes = {
            group: {o: n for (g, o), n in sorted(point.counts.items()) if g == group}
            for group in names
        }
        return {**asdict(point.thresholds), "cost": round(point.cost, 4), "outcomes": outcomes}

    return {
        "suggested": shown(choice.best),
        "current": shown(choice.current),
        "sweep": [shown(p) for p in sorted(choice.tried, key=lambda p: p.cost)],
    }


def main(argv: Sequence[str]) -> int:
    """`python -m nlu.training.thresholds [--model ID] [--json]`."""
    from nlu.components.project import catalogue, catalogue_folder
    from nlu.paths import models_folder
    from nlu.registry import live_id
    from nlu.training import development

    parser = argparse.ArgumentParser(prog="python -m nlu.training.thresholds", description=__doc__)
    parser.add_argument("--model", help="registry id; the live model if absent")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(list(argv))
    known = catalogue("data")
    saved = models_folder() / str(given.model or live_id(models_folder())) / development.FILE
    config = config_file()
    if not saved.is_file():
        print(f"{saved} is not there: train a model with `seva train`", file=sys.stderr)
        return 1
    data = development.Development.load(saved)
    intents = Intents.of(known)
    costs = Costs.read(catalogue_folder("data") / "decision.yml")
    choice = choose(data.rows(), intents, costs, configured(config))
    if given.json:
        print(json.dumps(document(choice), ensure_ascii=False, indent=2))
    else:
        print_table(choice)
    return 0


def print_table(choice: Choice) -> None:
    """The suggestion beside the present values, and the settings next to the best."""
    from rich.console import Console
    from rich.table import Table

    table = Table("", "suggested", "config.yml")
    pair = (choice.best, choice.current)
    for name in ("route", "reject", "option", "refuse"):
        table.add_row(name, *(f"{getattr(p.thresholds, name):g}" for p in pair))
    table.add_row("expected cost", *(f"{p.cost:.4f}" for p in pair))
    for name in OUTCOMES:
        table.add_row(name, *(str(_times(point, name)) for point in pair))
    out = Console()
    out.print(table)
    for point in sorted(choice.tried, key=lambda p: p.cost)[1:8]:
        at = point.thresholds
        values = (
            f"route {at.route:g} reject {at.reject:g} option {at.option:g} refuse {at.refuse:g}"
        )
        out.print(f"  {point.cost:.4f}  {values}")
    out.print("Nothing was changed. The values are in config.yml, under Decision.")


def _times(point: Point, name: str) -> int:
    return sum(count for (_, found), count in point.counts.items() if found == name)


if __name__ == "__main__":
    from nlu.environment import prepare_environment

    prepare_environment(os.environ)
    raise SystemExit(main(sys.argv[1:]))
