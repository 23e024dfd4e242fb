"""The gateway of the sandbox over HTTP: its page, its API, and what the department learns."""

from __future__ import annotations

import pytest

from actions.departments.openapi import load_openapi
from actions.sandbox.gateway.pages import Intent
from tests.processes import ROOT

from .conftest import Sandbox

KEY = {"X-Api-Key": "sandbox-key", "Idempotency-Key": "k"}
BILL = {"service_number": "6123401005678"}
API = load_openapi(ROOT / "data/gateways/openapi/sandbox.yml")


def order(sandbox: Sandbox, plan: str) -> str:
    """An order that was paid so."""
    sandbox.touched |= {"energy", "gateway"}
    found = sandbox.execute("energy", "payBill", BILL).fields["order_id"]
    sandbox.http.post(f"/pay/{found}", data={"plan": plan})
    return found


@pytest.mark.parametrize(
    "plan, state", [("paid", "paid"), ("pending", "pending"), ("failed", "failed")]
)
def test_look_up_says_the_state_as_the_openapi_file_describes(
    sandbox: Sandbox, plan: str, state: str
) -> None:
    answer = sandbox.http.get(f"/gateway/orders/{order(sandbox, plan)}", headers=KEY)
    assert answer.json()["state"] == state
    assert API["lookUpOrder"].response_violation(200, answer.json()) is None


def test_department_books_when_it_is_told_again(sandbox: Sandbox) -> None:
    found = order(sandbox, "not_told")
    asked = {"order_id": found}
    assert sandbox.execute("energy", "getPayment", asked).outcome == "not_booked"
    paid = sandbox.http.get(f"/gateway/orders/{found}", headers=KEY).json()["payment_id"]
    news = {**asked, "payment_id": paid, "amount_paise": "84500"}
    assert sandbox.execute("energy", "bookPayment", news).outcome == "booked"
    assert sandbox.execute("energy", "getPayment", asked).outcome == "booked"
    assert sandbox.execute("energy", "getBill", BILL).outcome == "no_dues"


def test_department_books_nothing_that_the_gateway_does_not_know(sandbox: Sandbox) -> None:
    news = {"order_id": order(sandbox, "failed"), "payment_id": "PAY-x", "amount_paise": "84500"}
    assert sandbox.execute("energy", "bookPayment", news).outcome == "refused"


@pytest.mark.parametrize("what, status", [("close", 409), ("refund", 200)])
def test_paid_order_is_refunded_and_not_closed(sandbox: Sandbox, what: str, status: int) -> None:
    found = order(sandbox, "refused")
    for _ in range(2):
        answer = sandbox.http.post(f"/gateway/orders/{found}/{what}", headers=KEY)
        assert answer.status_code == status
    money = sandbox.http.get(f"/pay/{found}/state").json()["money"]
    assert money == [["debit", 84500], ["refund", 84500]][: 2 if what == "refund" else 1]


def test_key_is_asked_for(sandbox: Sandbox) -> None:
    assert sandbox.http.get("/gateway/orders/ORD-000000000000").status_code == 401


def test_upi_link_carries_what_npci_asks_for() -> None:
    intent = Intent("seva@upi", "Seva & co", 84550, "ORD-1", "Order ORD-1")
    assert intent.link() == (
        "upi://pay?pa=seva@upi&pn=Seva%20%26%20co&am=845.50&tr=ORD-1&tn=Order%20ORD-1&cu=INR"
    )
