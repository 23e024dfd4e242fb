"""The ledger forgets what is over, never what is owed: money, a look-up, words or a receipt."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from actions.departments.journal import Write
from actions.departments.request import Context
from actions.payments.ledger import Ledger
from actions.payments.payment import OVER, Payment, State

STATES: tuple[State, ...] = get_args(State)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(f"sqlite:///{tmp_path / 'journal.sqlite'}")


def keep(
    ledger: Ledger, name: str, state: State, due_at: float | None = None, receipt: str = ""
) -> None:
    write = Write("energy", "payBill", {}, Context("1:91", name, "te"))
    payment = Payment(write.id, name, write, "sandbox", state, 1.0, 1.0, due_at, receipt=receipt)
    assert ledger.begin(payment) == payment


def left(ledger: Ledger, before: float = 2.0) -> set[str]:
    """Bills of what is still there."""
    ledger.forget(before)
    return {payment.bill for payment in ledger.since(0)}


def test_money_that_is_not_settled_is_kept(ledger: Ledger) -> None:
    for state in STATES:
        keep(ledger, state, state)
    assert left(ledger) == set(STATES) - OVER


@pytest.mark.parametrize("state", sorted(OVER))
def test_what_is_to_be_looked_at_is_kept(ledger: Ledger, state: State) -> None:
    keep(ledger, "due", state, due_at=5.0)
    assert left(ledger) == {"due"}


@pytest.mark.parametrize("receipt, kept", [("owed", True), ("later", True), ("sent", False)])
def test_receipt_that_is_owed_is_kept(ledger: Ledger, receipt: str, kept: bool) -> None:
    keep(ledger, "bill", "booked", receipt=receipt)
    assert left(ledger) == ({"bill"} if kept else set())


def test_what_is_not_old_is_kept(ledger: Ledger) -> None:
    keep(ledger, "bill", "booked")
    assert left(ledger, before=1.0) == {"bill"}
