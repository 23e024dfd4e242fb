"""What an operator does with payments: the bodies of `seva payments ...`.

Each prints what it found and returns the exit code: 0, or 1 with the reason on standard error, or 1
where the report has differences. Nothing personal is printed.
"""

from __future__ import annotations

import asyncio
import csv
import json
import sys
import time
from datetime import datetime

from actions.payments.payment import Payment, in_rupees
from actions.payments.report import COLUMNS, Line, as_row, differing, report
from actions.payments.states import UNSETTLED
from actions.server.context import Context, context
from nlu.catalogue import CatalogueError

_DAY = 86400.0


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
