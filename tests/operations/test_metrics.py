"""Every metric of every role has one meaning, and the page that tells it has no other."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import REGISTRY, generate_latest

from actions.departments.journal import STATES
from actions.server.metrics import look
from api.metrics import ServeMetrics, WorkerMetrics
from nlu.storage.unreadable import alarm
from tests.operations.exported import exported, faults, series

PAGE = Path(__file__).resolve().parents[2] / "docs" / "metrics.md"
ROW = re.compile(r"^\| `(seva_\w+)` \| (\w+) \| ([^|]+) \| ([^|]+) \| (.+) \|$", re.M)


def written() -> list[tuple[str, str, frozenset[str], frozenset[str]]]:
    """Name, kind, labels and roles of each row of the page."""
    return [
        (name, kind, frozenset(re.findall(r"`(\w+)`", labels)), frozenset(roles.split(", ")))
        for name, kind, labels, roles, _ in ROW.findall(PAGE.read_text("utf-8"))
    ]


def test_page_and_registries_agree() -> None:
    roles: dict[tuple[str, str, frozenset[str]], set[str]] = defaultdict(set)
    for one in exported():
        roles[one.name, one.kind, frozenset(one.labels)].add(one.role)
    there = {(*what, frozenset(who)) for what, who in roles.items()}
    assert set(written()) == there


def test_each_metric_is_told_once() -> None:
    """Kind and labels are the same in every role, too: a name has one meaning."""
    names = [name for name, *_ in written()]
    assert len(names) == len(set(names)) >= 30


def test_rows_that_a_worker_cannot_read_are_counted_where_prometheus_looks() -> None:
    """They used to be counted in a registry that the worker's port does not show."""
    alarm("inbox", "17", "key")
    for metrics in (WorkerMetrics(), ServeMetrics()):
        text = generate_latest(metrics.exposed()).decode()
        assert 'seva_unreadable_stored_total{store="inbox",why="key"}' in text


def test_a_role_shows_no_metric_of_another() -> None:
    """The worker used to show `seva_parse_seconds`, always empty."""
    assert b"seva_parse_seconds" not in generate_latest(WorkerMetrics().exposed())
    assert b"seva_turn" not in generate_latest(ServeMetrics().exposed())


class Journal:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    def unsettled(self, now: float) -> dict[str, tuple[int, float]]:
        if self.error:
            raise self.error
        return {"unsure": (3, 90.0)}


def here(journal: Journal, health: dict[str, str]) -> Any:
    async def told() -> dict[str, str]:
        return health

    departments = SimpleNamespace(journal=journal)
    release = SimpleNamespace(model_id="m-1")
    return SimpleNamespace(departments=departments, health=told, release=release)


async def test_action_server_measures_when_it_is_asked() -> None:
    await look(here(Journal(), {}))
    count = {
        state: REGISTRY.get_sample_value("seva_writes_unsettled", {"state": state})
        for state in STATES
    }
    assert count == {**dict.fromkeys(STATES, 0), "unsure": 3}
    assert REGISTRY.get_sample_value("seva_writes_oldest_seconds", {"state": "unsure"}) == 90
    assert REGISTRY.get_sample_value("seva_model_loaded", {"model": "m-1"}) == 1
    assert REGISTRY.get_sample_value("seva_ready") == 1


async def test_action_server_with_a_broken_journal_says_that_it_is_not_ready() -> None:
    await look(here(Journal(OSError("disk")), {"journal": "OSError"}))
    assert REGISTRY.get_sample_value("seva_ready") == 0


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ("max(seva_inbox_oldest_seconds) > 60", []),
        ('sum by (outcome) (rate(seva_turns_total{job="seva-worker"}[5m]))', []),
        ("histogram_quantile(0.95, sum by (le) (rate(seva_turn_seconds_bucket[5m])))", []),
        ("up == 0 or absent(seva_ready)", []),
        ("rate(seva_turns[5m])", ["series seva_turns"]),
        ('seva_turns_total{kind="x"}', ["label kind of seva_turns_total"]),
        ("sum by (department) (seva_turns_total)", ["label department"]),
        ("sum(rate(seva_turns_total[5m])", ["parentheses of sum(rate(seva_turns_total[5m])"]),
    ],
)
def test_promql_is_held_against_what_there_is(expression: str, wrong: list[str]) -> None:
    assert faults(expression, series()) == wrong
