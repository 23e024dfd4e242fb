"""The numbers of a run, and that table, page and document show the same."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from rich.console import Console

from api.load.outcome import is_right, outcome
from api.load.page import render, tables
from api.load.plots import milliseconds
from tests.load.runs import finished


def test_times_count_from_when_a_message_was_due_and_not_from_when_it_was_sent() -> None:
    run = finished(slow=False)
    for sent in run.ledger.sent.values():
        sent.posted = sent.accepted  # held up on this side
    found = outcome(run, "http://here")
    assert found["accept_ms"] == {name: 10.0 for name in ("p50", "p90", "p95", "p99", "max")}
    assert 100 <= found["answer_ms"]["p50"] <= found["answer_ms"]["max"] <= 110


def test_the_ramp_is_not_counted_in_times_and_is_in_counts() -> None:
    run = finished(slow=False)
    for sent in run.ledger.sent.values():
        if sent.due < 10:
            sent.answered = sent.due + 50
    found = outcome(run, "http://here")
    assert found["answer_ms"]["max"] < 111 and found["messages"] == found["answered"] == 600
    assert sum(row["messages"] for row in found["by_key"].values()) == 500


def test_what_went_wrong_is_told_and_a_run_that_was_broken_off_has_open_ends() -> None:
    run = finished()
    assert is_right(outcome(run, "x"))
    run.ledger.sent["m7"].answered = None
    assert outcome(run, "x")["lost"] == 1 and not is_right(outcome(run, "x"))
    run.broken_off = True
    found = outcome(run, "x")
    assert (found["lost"], found["open"]) == (0, 1) and is_right(found)
    run.ledger.refused["503"] += 1
    assert not is_right(outcome(run, "x"))


def test_what_happens_over_time_adds_up() -> None:
    rows = outcome(finished(), "x")["over_time"]
    assert sum(row["sent"] for row in rows) == sum(row["answered"] for row in rows) == 600
    late = next(row for row in rows if row["from"] == 30)
    assert late["answer_ms"]["p50"] > 3000 and late["waiting"] == 10
    assert rows[-1]["waiting"] == 0


def test_nothing_answered_is_a_page_too() -> None:
    run = finished()
    for sent in run.ledger.sent.values():
        sent.answered = sent.accepted = None
    found = outcome(run, "x")
    assert found["not_taken"] == 600 and found["answer_ms"] == {}
    assert "<svg" in render(found)
    Console(file=StringIO()).print(tables(found))


def test_table_page_and_document_show_the_same_numbers() -> None:
    found = json.loads(json.dumps(outcome(finished(), "http://here/<b>")))
    console = Console(width=200, record=True, file=StringIO())
    console.print(tables(found))
    shown, page = console.export_text(), render(found)
    for times in (found["accept_ms"], found["answer_ms"], found["by_key"]["te"]["answer_ms"]):
        for name in ("p50", "p95", "p99", "max"):
            assert milliseconds(times[name]) in shown
            assert milliseconds(times[name]) in page
    for row in ("600 (10 a second)", "600, with 600 replies"):
        assert row in shown and row in page
    assert "http://here/&lt;b&gt;" in page and "<b>" not in page


@pytest.mark.parametrize(
    ("value", "shown"), [(0.5, "0.5 ms"), (240, "240 ms"), (1503.2, "1.503 s")]
)
def test_times_are_readable(value: float, shown: str) -> None:
    assert milliseconds(value) == shown
