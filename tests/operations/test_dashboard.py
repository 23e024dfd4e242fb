"""The dashboard is one that Grafana takes, and asks for nothing that no role exports."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.operations.exported import exported, faults, named, series

FILE = Path(__file__).resolve().parents[2] / "deploy" / "grafana" / "seva.json"
DASHBOARD: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
PANELS = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
UNITS = {"s", "short", "bytes", "percentunit", "reqpm", "reqps", "bool_yes_no"}
each_panel = pytest.mark.parametrize("panel", PANELS, ids=lambda p: f"{p['id']} {p['title']}")


def expressions() -> list[str]:
    return [target["expr"] for panel in PANELS for target in panel["targets"]]


def test_grafana_finds_what_it_needs() -> None:
    for field in ("uid", "title", "schemaVersion", "panels", "time", "templating", "refresh"):
        assert DASHBOARD[field], field
    (source,) = DASHBOARD["templating"]["list"]
    assert (source["type"], source["query"]) == ("datasource", "prometheus")


def test_ids_are_unique_and_no_panel_lies_on_another() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    taken: set[tuple[int, int]] = set()
    for panel in panels:
        at = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken and at["x"] + at["w"] <= 24, panel["title"]
        taken |= cells


@each_panel
def test_panel_is_whole(panel: dict[str, Any]) -> None:
    assert panel["title"] and panel["description"]
    assert panel["fieldConfig"]["defaults"]["unit"] in UNITS
    assert panel["datasource"] == {"type": "prometheus", "uid": "${source}"}
    refs = [target["refId"] for target in panel["targets"]]
    assert refs and len(set(refs)) == len(refs)


@each_panel
def test_panel_asks_for_what_there_is(panel: dict[str, Any]) -> None:
    for target in panel["targets"]:
        assert faults(target["expr"], series()) == []


def test_every_metric_is_on_the_dashboard() -> None:
    asked = set().union(*map(named, expressions()))
    missing = {one.name for one in exported() if not {name for name, _ in one.series()} & asked}
    assert missing == set()
