"""The sandbox's own page: faults are seen and switched without JavaScript."""

from __future__ import annotations

from typing import get_args

import pytest

from actions.sandbox.faults import Mode
from actions.sandbox.store import DEPARTMENTS

from .conftest import Sandbox

BILL = {"service_number": "6123401005678"}


def press(sandbox: Sandbox, department: str, **fields: str) -> int:
    """A button of the page; the status after it."""
    sandbox.touched.add(department)
    answer = sandbox.http.post(f"/__page/{department}/fault", data=fields, follow_redirects=True)
    return answer.status_code


def test_page_shows_every_department_and_every_fault(sandbox: Sandbox) -> None:
    page = sandbox.http.get("/")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert [d for d in DEPARTMENTS if f'<section id="{d}"' not in page.text] == []
    for mode in get_args(Mode):
        assert page.text.count(f'value="{mode}"') == len(DEPARTMENTS) + 1  # and the gateway


def test_button_switches_a_fault_for_so_many_requests(sandbox: Sandbox) -> None:
    assert press(sandbox, "energy", mode="down", times="2", delay_s="") == 200
    page = sandbox.http.get("/").text
    assert "down, 2 more" in page
    assert sandbox.http.get("/__faults/energy").json()["mode"] == "down"
    assert sandbox.execute("energy", "getBill", BILL).attempts == 3
    assert sandbox.http.get("/__faults/energy").json()["mode"] == "none"


def test_page_shows_the_last_writes_and_takes_them_away(sandbox: Sandbox) -> None:
    order = sandbox.execute("energy", "payBill", BILL).fields["order_id"]
    assert order in sandbox.http.get("/").text
    assert press(sandbox, "energy", mode="late", delay_s="7.5") == 200
    assert "late 7.5 s" in sandbox.http.get("/").text
    sandbox.http.post("/__page/energy/reset")
    page = sandbox.http.get("/").text
    assert order not in page and "7.5 s" not in page


@pytest.mark.parametrize(
    "fields",
    [{}, {"mode": "explode"}, {"mode": "down", "times": "0"}, {"mode": "slow", "delay_s": "-1"}],
)
def test_what_no_button_sends_is_refused(sandbox: Sandbox, fields: dict[str, str]) -> None:
    assert press(sandbox, "energy", **fields) == 422


def test_unknown_department_has_no_button(sandbox: Sandbox) -> None:
    answer = sandbox.http.post("/__page/railways/fault", data={"mode": "down"})
    assert answer.status_code == 404
