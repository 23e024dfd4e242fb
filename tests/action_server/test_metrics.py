"""Actions and breakers are counted where Prometheus can read them."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest
from prometheus_client import REGISTRY

from actions.departments.definition import Breaker, CallLimits, Protection
from actions.departments.protection import DepartmentProtection
from actions.departments.result import CallFailed
from actions.server.metrics import metrics_app, timed

PROTECTION = Protection(Breaker(2, 60), CallLimits(concurrency=2, rate=100, per_seconds=1))


async def _fail(protection: DepartmentProtection) -> str:
    with pytest.raises(CallFailed) as failed:
        async with protection.attempt():
            raise CallFailed("connect", "refused", sent=False)
    return failed.value.reason


def _open(department: str) -> float | None:
    return REGISTRY.get_sample_value("seva_department_breaker_open", {"department": department})


async def test_breaker_shows_its_state() -> None:
    protection = DepartmentProtection("parks", PROTECTION)
    assert _open("parks") == 0
    assert [await _fail(protection) for _ in range(3)] == ["connect", "connect", "breaker_open"]
    assert _open("parks") == 1


async def test_breaker_that_is_tried_again_shows_so() -> None:
    quick = replace(PROTECTION, breaker=Breaker(2, 0.01))
    protection = DepartmentProtection("zoos", quick)
    for _ in range(2):
        await _fail(protection)
    while _open("zoos"):
        try:
            async with protection.attempt():
                pass
        except CallFailed:
            continue
    assert _open("zoos") == 0


@pytest.mark.parametrize("outcome", ["answered", "refused", "failed"])
def test_actions_are_counted_by_how_they_ended(outcome: str) -> None:
    labels = {"action": "action_test", "outcome": outcome}
    with timed() as one:
        one.action, one.outcome = "action_test", outcome
    assert REGISTRY.get_sample_value("seva_action_seconds_count", labels) == 1


async def test_served_for_own_names_only() -> None:
    transport = httpx.ASGITransport(metrics_app("10.1.2.3"))  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://10.1.2.3:8782") as client:
        answer = await client.get("/metrics")
        assert answer.status_code == 200 and "seva_department_calls_total" in answer.text
        foreign = await client.get("/metrics", headers={"Host": "evil.example"})
        assert foreign.status_code == 421
