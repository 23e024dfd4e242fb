"""What gateway, ledger and department say of each payment, side by side; nothing personal."""

from __future__ import annotations

import asyncio
import csv
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields
from datetime import datetime

from actions.payments.gateways import Unbelievable
from actions.payments.lifecycle import Lifecycle
from actions.payments.payment import UNSETTLED, Payment, in_rupees
from actions.server.context import Context, context
from nlu.catalogue import CatalogueError

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
_DAY = 86400.0


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


def list_command(*, days: float, everything: bool = False, as_json: bool = False) -> int:
    """Print the payments that are not settled, or every one of the last `days`."""
    here = _context()
    since = time.time() - days * _DAY if everything else time.time()
    found = here.cashier.lifecycle.ledger.since(since)
    shown = [p for p in found if everything or p.state in UNSETTLED or p.alarm]
    if as_json:
        print(json.dumps([_facts(here, payment) for payment in shown]))
        return 0
    for payment in shown:
        print("  ".join(map(str, _facts(here, payment).values())))
    if not shown:
        print("no payment is unsettled")
    return 0


def show_command(order: str, *, as_json: bool = False) -> int:
    """Print one payment and what gateway and department say of it now."""
    here = _context()
    found = [p for p in here.cashier.lifecycle.ledger.since(0) if p.order and p.order.id == order]
    if not found:
        print(f"there is no payment of order {order}", file=sys.stderr)
        return 1
    lines = [line for line in _run(here, found[0].opened_at) if line.order == order]
    facts = {
        **_facts(here, found[0]),
        **{name: getattr(line, name) for line in lines for name in ("gateway", "books")},
        "told": found[0].told or "-",
        "receipt": found[0].receipt or "-",
        "tries": found[0].tries,
        "next_look": _when(here, found[0].due_at),
    }
    if as_json:
        print(json.dumps(facts))
    else:
        for name, value in facts.items():
            print(f"{name:<12} {value}")
    return 0


def reconcile_command() -> int:
    """Look at every unsettled payment now, tell citizens, and print what is still unsettled."""
    here = _context()

    async def work() -> None:
        lifecycle = here.cashier.lifecycle
        job = here.cashier.reconciliation(here.notices, here.notices.language_of)
        try:
            for payment in lifecycle.ledger.since(lifecycle.clock()):
                if payment.order is not None and payment.due_at is not None:
                    await lifecycle.look_now(payment.gateway, payment.order.id)
            await job.step()
        finally:
            await here.aclose()

    asyncio.run(work())
    return list_command(days=0)


def report_command(*, days: float, as_csv: bool = False, as_json: bool = False) -> int:
    """Compare gateway, ledger and department; 1 where they differ."""
    lines = _run(_context(), time.time() - days * _DAY)
    differs = differing(lines)
    if as_csv:
        out = csv.writer(sys.stdout)
        out.writerow(COLUMNS)
        out.writerows(as_row(line) for line in lines)
    elif as_json:
        print(json.dumps([dict(zip(COLUMNS, as_row(line))) for line in lines]))
    else:
        for line in differs:
            print(f"{line.order}  {line.department}  Rs {line.rupees}  {line.ledger}: ", end="")
            print(line.differs or f"alarm {line.alarm}")
        print(f"{len(lines)} payments, {len(differs)} to look at")
    return 1 if differs else 0


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


def _run(here: Context, since: float) -> list[Line]:
    async def work() -> list[Line]:
        try:
            return await report(here.cashier.lifecycle, since)
        finally:
            await here.aclose()

    return asyncio.run(work())


def _context() -> Context:
    """Ends the command with one line where a setting or the data are wrong."""
    try:
        return context()
    except (OSError, ValueError, CatalogueError) as error:
        raise SystemExit(str(error)) from error


def _facts(here: Context, payment: Payment) -> dict[str, str]:
    order = payment.order
    return {
        "order": order.id if order else "-",
        "state": payment.state,
        "rupees": in_rupees(order.paise) if order else "-",
        "operation": f"{payment.write.department}/{payment.write.operation}",
        "opened": _when(here, payment.opened_at),
        "changed": _when(here, payment.changed_at),
        "alarm": payment.alarm or "-",
    }


def _when(here: Context, moment: float | None) -> str:
    if moment is None:
        return "-"
    return datetime.fromtimestamp(moment, here.resources.zone).isoformat(" ", "seconds")
