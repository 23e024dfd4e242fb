"""Faults of the sandbox as the connector meets them, and that nothing is written twice."""

from __future__ import annotations

import datetime
import time

import httpx
import pytest

from actions.sandbox import clock

from .conftest import KEY, Sandbox

BILL = {"service_number": "6123401005678"}


@pytest.mark.parametrize(
    ("mode", "reason"), [("down", "status"), ("error", "status"), ("wrong", "schema")]
)
def test_fault_is_unavailable_until_it_is_over(sandbox: Sandbox, mode: str, reason: str) -> None:
    sandbox.fault("energy", mode)
    result = sandbox.execute("energy", "getBill", BILL)
    assert (result.outcome, result.reason) == ("unavailable", reason)
    sandbox.fault("energy", "none")
    assert sandbox.execute("energy", "getBill", BILL).outcome == "ok"


def test_slow_department_answers_late(sandbox: Sandbox) -> None:
    sandbox.fault("energy", "slow", delay_s=0.3)
    result = sandbox.execute("energy", "getBill", BILL)
    assert result.outcome == "ok"
    assert result.elapsed_ms >= 300


def test_fault_leaves_other_departments_alone(sandbox: Sandbox) -> None:
    sandbox.fault("energy", "down")
    assert sandbox.execute("canteens", "getTimings", {}).outcome == "ok"


def test_fault_may_last_for_some_requests_only(sandbox: Sandbox) -> None:
    sandbox.fault("energy", "down", times=1)
    result = sandbox.execute("energy", "getBill", BILL)
    assert (result.outcome, result.attempts) == ("ok", 2)


def test_lost_answer_of_a_write_is_asked_for_and_nothing_is_written_twice(
    sandbox: Sandbox,
) -> None:
    sandbox.fault("energy", "lost", times=1)
    result = sandbox.execute("energy", "payBill", BILL, request_id="turn-lost")
    assert (result.outcome, result.attempts) == ("ok", 1)
    (write,) = sandbox.writes("energy")
    assert write["idempotency_key"] == "turn-lost"
    assert write["reference"] == result.fields["order_id"]


def test_lost_refusal_is_the_answer(sandbox: Sandbox) -> None:
    sandbox.fault("energy", "lost", times=1)
    result = sandbox.execute("energy", "payBill", {"service_number": "1123401000012"})
    assert (result.outcome, result.attempts) == ("no_dues", 1)
    assert sandbox.writes("energy") == []


def test_write_that_never_came_is_sent_again(sandbox: Sandbox) -> None:
    sandbox.fault("energy", "down", times=1)
    result = sandbox.execute("energy", "payBill", BILL)
    assert (result.outcome, result.attempts) == ("ok", 2)
    assert len(sandbox.writes("energy")) == 1


def test_write_is_asked_after_with_the_key_of_the_department_only(sandbox: Sandbox) -> None:
    path = "/energy/writes/turn-asked"
    sandbox.execute("energy", "payBill", BILL, request_id="turn-asked")
    assert sandbox.http.get(path).status_code == 401
    known = sandbox.http.get(path, headers=KEY)
    assert (known.status_code, known.json()["order"]["amount"]) == (201, 845)


@pytest.mark.parametrize("values", [BILL, {"service_number": "1123401000012"}])
def test_same_key_gets_the_same_answer(sandbox: Sandbox, values: dict[str, str]) -> None:
    results = [
        sandbox.execute("energy", "payBill", values, request_id="turn-same") for _ in range(3)
    ]
    assert len({(r.outcome, r.fields.get("order_id")) for r in results}) == 1
    assert len(sandbox.writes("energy")) == (1 if results[0].outcome == "ok" else 0)


def test_key_used_for_another_request_is_refused(sandbox: Sandbox) -> None:
    sandbox.execute("energy", "payBill", BILL, request_id="turn-other")
    other = {"service_number": "9123401000345"}
    result = sandbox.execute("energy", "payBill", other, request_id="turn-other")
    assert (result.outcome, result.reason) == ("unavailable", "status")
    assert len(sandbox.writes("energy")) == 1


KEYED = {**KEY, "Idempotency-Key": "k-1"}
PAY = "/energy/services/6123401005678/payments"


def test_maintenance_says_until_when(sandbox: Sandbox) -> None:
    sandbox.fault("energy", "maintenance", delay_s=1800)
    answer = sandbox.http.post(PAY, headers=KEYED, json={"payer": "c-1"})
    assert (answer.status_code, answer.json()["code"]) == (503, "maintenance")
    assert answer.headers["Retry-After"] == "1800"
    until = datetime.datetime.fromisoformat(answer.json()["until"])
    assert 1790 <= (until - clock.now()).total_seconds() <= 1800
    assert sandbox.writes("energy") == []


def test_citizen_does_not_wait_for_the_end_of_a_maintenance(sandbox: Sandbox) -> None:
    sandbox.fault("energy", "maintenance", delay_s=1800)
    result = sandbox.execute("energy", "getBill", BILL)
    assert (result.outcome, result.reason, result.attempts) == ("unavailable", "status", 1)


def test_request_taken_twice_is_written_once_for_its_key(sandbox: Sandbox) -> None:
    sandbox.fault("energy", "duplicate")
    result = sandbox.execute("energy", "payBill", BILL, request_id="turn-twice")
    assert result.outcome == "ok"
    (write,) = sandbox.writes("energy")
    assert write["reference"] == result.fields["order_id"]


@pytest.mark.parametrize(
    ("mode", "delay_s", "written"), [("timeout_after_commit", 30, 1), ("late", 0.6, 0)]
)
def test_caller_hangs_up_before_the_answer(
    sandbox: Sandbox, mode: str, delay_s: float, written: int
) -> None:
    sandbox.fault("energy", mode, delay_s=delay_s, times=1)
    with pytest.raises(httpx.ReadTimeout):
        sandbox.http.post(PAY, headers=KEYED, json={"payer": "c-1"}, timeout=0.3)
    assert len(sandbox.writes("energy")) == written
    if mode == "late":
        deadline = time.monotonic() + 20
        while not sandbox.writes("energy") and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(sandbox.writes("energy")) == 1, "the work is done when nobody waits any more"


def test_unknown_department_has_no_switch(sandbox: Sandbox) -> None:
    assert sandbox.http.put("/__faults/railways", json={"mode": "down"}).status_code == 404
    assert sandbox.http.put("/__faults/energy", json={"mode": "explode"}).status_code == 422
