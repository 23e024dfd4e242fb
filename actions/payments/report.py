"""What gateway, ledger and department say of each payment, side by side; nothing personal."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

from actions.payments.gateways import Unbelievable
from actions.payments.lifecycle import Lifecycle
from actions.payments.payment import Payment, in_rupees

_SAME = {
    "open": {"open"},
    "pending": {"pending"},
    "failed": {"failed"},
    "expired": {"closed"},
    "paid": {"paid"},
    "paid_not_booked": {"paid"},
    "booked": {"paid"},
    "refunding": {"refunding", "refunded"},
    "refunded": {"refunded"},
}
"""State of the ledger -> states of the gateway that agree with it."""


@dataclass(frozen=True)
class Line:
    """One payment; `differs` says what does not agree, empty where all does."""

    order: str
    department: str
    operation: str
    rupees: str
    ledger: str
    gateway: str
    books: str
    alarm: str
    differs: str


COLUMNS = tuple(field.name for field in fields(Line))


async def report(lifecycle: Lifecycle, since: float) -> list[Line]:
    """A line for each order opened since then, and for all that are unsettled."""
    payments = await asyncio.to_thread(lifecycle.ledger.since, since)
    return [await _line(lifecycle, payment) for payment in payments if payment.order]


def differing(lines: Sequence[Line]) -> list[Line]:
    """What an operator must look at."""
    return [line for line in lines if line.differs or line.alarm]


def as_row(line: Line) -> tuple[str, ...]:
    """For CSV, in the order of COLUMNS."""
    return astuple(line)


async def _line(lifecycle: Lifecycle, payment: Payment) -> Line:
    assert payment.order is not None
    try:
        found = await lifecycle.gateways.look_up(payment)
        gateway: str = found.state if found else "unknown"
    except Unbelievable:
        found, gateway = None, "unbelievable"
    rule = lifecycle.rules(payment.write.department, payment.write.operation)
    books = await lifecycle.books.ask(rule, payment) if rule else "unknown"
    wrong = []
    if gateway not in _SAME.get(payment.state, {gateway}):
        wrong.append(f"gateway says {gateway}")
    paid = found is not None and found.state == "paid"
    if found is not None and paid and found.money.paise != payment.order.paise:
        wrong.append("another amount was paid")
    if books != "unknown" and (books == "booked") != (payment.state == "booked"):
        wrong.append(f"department says {books}")
    return Line(
        order=payment.order.id,
        department=payment.write.department,
        operation=payment.write.operation,
        rupees=in_rupees(payment.order.paise).replace(",", ""),
        ledger=payment.state,
        gateway=gateway,
        books=books,
        alarm=payment.alarm,
        differs="; ".join(wrong),
    )
