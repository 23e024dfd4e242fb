"""Alert rules ask for what there is, and each has a section that says what to do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from nlu.cli import app
from tests.docs.pages import anchors
from tests.operations.exported import faults, series

ROOT = Path(__file__).resolve().parents[2]
RUNBOOKS = ROOT / "docs" / "runbooks.md"
FOLDER = ROOT / "deploy" / "prometheus"
RULES: dict[str, Any] = yaml.safe_load((FOLDER / "seva.yml").read_text("utf-8"))
ALERTS: list[dict[str, Any]] = [rule for group in RULES["groups"] for rule in group["rules"]]
DURATION = re.compile(r"(?:\d+(?:ms|[smhdwy]))+")
SECTIONS = dict(
    re.findall(r"^## (\w+)\n(.*?)(?=^## |\Z)", RUNBOOKS.read_text("utf-8"), re.M | re.S)
)
QUESTIONS = (
    *("What it means", "What a citizen notices", "What to look at", "What to do"),
    "It is over when",
)
each_alert = pytest.mark.parametrize("alert", ALERTS, ids=lambda alert: alert["alert"])
each_section = pytest.mark.parametrize("name", SECTIONS)


def test_the_file_has_the_form_of_prometheus() -> None:
    """As far as we can tell without promtool, which is not on the machine that tests this."""
    assert set(RULES) == {"groups"}
    for group in RULES["groups"]:
        assert set(group) <= {"name", "interval", "rules"} and group["name"]
    names = [alert["alert"] for alert in ALERTS]
    assert len(set(names)) == len(names) >= 12


@each_alert
def test_alert_is_whole(alert: dict[str, Any]) -> None:
    assert set(alert) == {"alert", "expr", "for", "labels", "annotations"}
    assert DURATION.fullmatch(alert["for"])
    assert alert["labels"]["severity"] in ("page", "ticket")
    assert set(alert["annotations"]) == {"summary", "runbook"}
    assert alert["annotations"]["summary"].count("{{") == alert["annotations"]["summary"].count(
        "}}"
    )
    for window in re.findall(r"\[([^\]]*)\]|offset (\w+)", alert["expr"]):
        assert DURATION.fullmatch("".join(window))


@each_alert
def test_alert_asks_for_what_there_is(alert: dict[str, Any]) -> None:
    assert faults(alert["expr"], series()) == []
    assert re.search(r"[<>]|==|unless", alert["expr"]), "it would always fire"


@each_alert
def test_alert_leads_to_its_section(alert: dict[str, Any]) -> None:
    page, _, anchor = alert["annotations"]["runbook"].partition("#")
    assert ROOT / page == RUNBOOKS and anchor == alert["alert"].lower()
    assert anchor in anchors(RUNBOOKS)


@each_section
def test_section_answers_what_somebody_at_night_asks(name: str) -> None:
    assert name in {alert["alert"] for alert in ALERTS}
    found = re.findall(r"^\*\*([^*]+?)\.?\*\*", SECTIONS[name], re.M)
    assert tuple(found) == QUESTIONS


def test_commands_of_the_run_books_exist() -> None:
    root = typer.main.get_command(app)
    for words in re.findall(r"seva ([a-z][a-z-]*)(?: ([a-z]+))?", RUNBOOKS.read_text("utf-8")):
        command: Any = root
        for word in filter(None, words):
            if getattr(command, "commands", None):
                assert word in command.commands, words
                command = command.commands[word]


def test_prometheus_asks_the_jobs_that_rules_and_dashboard_name() -> None:
    config = yaml.safe_load((FOLDER / "prometheus.yml").read_text("utf-8"))
    jobs = {one["job_name"] for one in config["scrape_configs"]}
    assert jobs == {"seva-serve", "seva-worker", "seva-actions"}
    assert config["rule_files"] == ["seva.yml"]
    dashboard = (ROOT / "deploy" / "grafana" / "seva.json").read_text("utf-8")
    asked = "".join(alert["expr"] for alert in ALERTS) + dashboard.replace("\\", "")
    assert set(re.findall(r'job="([^"]+)"', asked)) <= jobs
