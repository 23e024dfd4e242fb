"""`seva actions` as a process: its log and its metrics."""

from __future__ import annotations

import json
from pathlib import Path

import httpx

from nlu.action_address import authorization
from tests.processes import ACTIONS_SECRET, free_port, seva

CITIZEN = "109876543210987:919848012345"


def test_log_is_json_and_names_nobody_and_metrics_count(tmp_path: Path) -> None:
    metrics, log = free_port(), tmp_path / "actions.log"
    own = {"SEVA_VAR_DIR": str(tmp_path / "var"), "SEVA_ACTIONS_METRICS_PORT": str(metrics)}
    said = {"event": "user", "text": "my number is 9848012345", "parse_data": {"decision": 3}}
    headers = authorization(ACTIONS_SECRET)
    with seva("actions", "/health", free_port(), own, log) as base:
        for events in ([], [said]):
            tracker = {
                "sender_id": CITIZEN,
                "slots": {"state": {"language": "en"}},
                "events": events,
            }
            call = {"next_action": "action_turn", "tracker": tracker}
            httpx.post(f"{base}/webhook", json=call, headers=headers, timeout=30, trust_env=False)
        counted = httpx.get(f"http://127.0.0.1:{metrics}/metrics", trust_env=False).text
    assert 'seva_action_seconds_count{action="action_turn"' in counted
    assert "seva_department_calls_total" in counted and "seva_unreadable_stored_total" in counted
    lines = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    assert {"event", "logger", "level", "timestamp"} <= set.intersection(*map(set, lines))
    assert "listening" in [line["event"] for line in lines]
    assert "9848012345" not in log.read_text("utf-8")
