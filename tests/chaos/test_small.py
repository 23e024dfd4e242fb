"""A small `seva benchmark chaos`: real processes are killed and away, and nothing is wrong."""

from __future__ import annotations

from pathlib import Path

from benchmarks.chaos import chaos
from benchmarks.upheaval.judge import KINDS
from benchmarks.upheaval.run import Plan

PLAN = Plan(messages=300, kills=10, outages=2, seed=17)


def test_nothing_is_lost_doubled_or_out_of_order(tmp_path: Path) -> None:
    found = chaos(PLAN, tmp_path / "traces", quiet=True)
    traces = "\n\n".join(Path(path).read_text("utf-8") for path in found["traces"])
    assert {kind: found[kind] for kind in KINDS if found[kind]} == {}, traces
    assert found["acknowledged"] == found["messages"] >= PLAN.messages
    assert found["kills"] == PLAN.kills
    assert len(found["outages"]) == PLAN.outages
    assert found["confirmed_requests"] == found["writes"] > 0
