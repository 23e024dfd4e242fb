"""When messages are due, how many citizens that needs, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import pytest

from api.load.command import checked
from api.load.plan import Plan, load_manner, looks_real

MANNER = load_manner()
PLAN = Plan(rate=20, citizens=0, seconds=300, ramp=0, burst=1, keys=("te",), patience=1, seed=1)


def between(plan: Plan, start: float, end: float) -> float:
    """Messages a second in a part of the run."""
    return sum(start <= at < end for at in plan.arrivals(MANNER.burst)) / (end - start)


def test_messages_are_due_at_the_rate_whatever_becomes_of_them() -> None:
    due = list(PLAN.arrivals(MANNER.burst))
    assert due == sorted(due) and due[0] > 0 and due[-1] < 300
    assert len(due) / 300 == pytest.approx(20, rel=0.05)
    assert (
        due
        == list(PLAN.arrivals(MANNER.burst))
        != list(replace(PLAN, seed=2).arrivals(MANNER.burst))
    )


def test_the_rate_rises_in_the_ramp() -> None:
    plan = replace(PLAN, ramp=200)
    assert between(plan, 0, 100) == pytest.approx(5, rel=0.15)
    assert between(plan, 100, 200) == pytest.approx(15, rel=0.1)
    assert between(plan, 200, 300) == pytest.approx(20, rel=0.1)


def test_bursts_come_at_the_end_of_each_minute() -> None:
    plan = replace(PLAN, burst=4)
    assert between(plan, 0, 50) == pytest.approx(20, rel=0.1)
    assert between(plan, 50, 60) == pytest.approx(80, rel=0.1)
    assert between(plan, 110, 120) == pytest.approx(80, rel=0.1)


def test_too_few_citizens_are_refused_and_enough_are_made() -> None:
    """20 a second are 1,200 a minute: 18 of each need 67 citizens at least."""
    plan, why_not = checked(PLAN, MANNER)
    assert (plan.citizens, why_not) == (134, "")
    assert "give --citizens 67 or more" in checked(replace(PLAN, citizens=66), MANNER)[1]
    assert checked(replace(PLAN, citizens=67), MANNER)[1] == ""
    hours = replace(PLAN, seconds=7200)
    assert "give --citizens 401" in checked(replace(hours, citizens=100), MANNER)[1]


def test_what_makes_no_sense_is_refused() -> None:
    assert "no such language: ta" in checked(replace(PLAN, keys=("te", "ta")), MANNER)[1]
    assert checked(replace(PLAN, keys=()), MANNER)[0].keys == tuple(MANNER.keys)
    assert "the ramp is as long" in checked(replace(PLAN, ramp=300), MANNER)[1]


@pytest.mark.parametrize(
    ("webhook", "env", "real"),
    [
        ("http://127.0.0.1:8780/webhooks/whatsapp", "demo", ""),
        ("http://localhost:8780/x", "demo", ""),
        ("http://[::1]:8780/x", "demo", ""),
        ("http://10.2.3.4/x", "demo", ""),
        ("http://serve:8780/x", "demo", ""),
        ("http://serve.seva.internal/x", "demo", ""),
        ("https://seva.example.gov.in/x", "demo", "seva.example.gov.in is an address"),
        ("https://8.8.8.8/x", "demo", "8.8.8.8 is an address"),
        ("http://127.0.0.1:8780/x", "production", "SEVA_ENV is production here"),
    ],
)
def test_what_may_serve_real_citizens_is_noticed(webhook: str, env: str, real: str) -> None:
    assert looks_real(webhook, env).startswith(real) and bool(looks_real(webhook, env)) == bool(
        real
    )
