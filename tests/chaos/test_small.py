"""A small `seva benchmark chaos`: real processes are killed and away, and nothing is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.chaos import chaos
from benchmarks.upheaval.judge import KINDS
from benchmarks.upheaval.run import Plan

pytestmark = pytest.mark.may_take(1800, "kills and restarts until all messages are answered")

SHORT = Plan(messages=120, kills=2, outages=1, seed=17)
ON_POSTGRES = Plan(messages=120, kills=1, outages=1, seed=17, postgres=2)
FAILOVER = Plan(messages=120, kills=1, outages=1, seed=17, postgres=1, failovers=1)
LONG = Plan(messages=300, kills=10, outages=2, seed=17)


@pytest.mark.parametrize(
    "plan",
    [
        SHORT,
        ON_POSTGRES,
        pytest.param(FAILOVER, marks=pytest.mark.nightly),
        pytest.param(LONG, marks=pytest.mark.nightly),
    ],
    ids=["short", "on PostgreSQL", "failover", "long"],
)
def test_nothing_is_lost_doubled_or_out_of_order(tmp_path: Path, plan: Plan) -> None:
    found = chaos(plan, tmp_path / "traces", quiet=True)
    traces = "\n\n".join(Path(path).read_text("utf-8") for path in found["traces"])
    assert {kind: found[kind] for kind in KINDS if found[kind]} == {}, traces
    assert found["acknowledged"] == found["messages"] >= plan.messages
    assert found["kills"] == plan.kills + (plan.postgres or 0) + plan.failovers
    assert len(found["failovers_s"]) == plan.failovers
    assert len(found["outages"]) == plan.outages
    assert found["confirmed_requests"] == found["writes"] > 0
