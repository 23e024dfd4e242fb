"""`seva payments`: commands about payments for operators.

What a command needs is imported when it runs, so that `seva --help` stays quick.
"""

from __future__ import annotations

import asyncio
import csv
import json
import sys
import time
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from nlu.commands.options import Json

if TYPE_CHECKING:
    from actions.payments.payment import Payment
    from actions.payments.report import Line
    from actions.server.context import Context

app = typer.Typer(
    name="payments",
    help="Payments. List what is unsettled, settle it, compare gateway, ledger and departments.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Days = Annotated[float, typer.Option(min=0, help="How far back, in days.")]
_DAY = 86400.0


@app.command("list")
def list_payments(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    days: Days = 30,
    json_output: Json = False,
) -> None:
    """List payments. What is not settled, or has an alarm."""
    _list(_context(), days, everything=everything, as_json=json_output)


@app.command()
def show(
    order: Annotated[str, typer.Argument(metavar="ORDER", help="As the citizen was told it.")],
    json_output: Json = False,
) -> None:
    """Show a payment. With what gateway and department say of it now."""
    here = _context()
    found = [p for p in here.cashier.lifecycle.ledger.since(0) if p.order and p.order.id == order]
    if not found:
        typer.echo(f"there is no payment of order {order}", err=True)
        raise typer.Exit(1)
    lines = [line for line in _lines(here, found[0].opened_at) if line.order == order]
    facts = {
        **_facts(here, found[0]),
        **{name: getattr(line, name) for line in lines for name in ("gateway", "books")},
        "told": found[0].told or "-",
        "receipt": found[0].receipt or "-",
        "tries": found[0].tries,
        "next_look": _when(here, found[0].due_at),
    }
    if json_output:
        print(json.dumps(facts))
        return
    for name, value in facts.items():
        print(f"{name:<12} {value}")


@app.command()
def reconcile() -> None:
    """Settle now. Looks up every unsettled payment at once, as the action server does in time."""
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
    _list(here, days=0)


@app.command()
def report(
    days: Days = 1,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print every payment as CSV.")] = False,
    json_output: Json = False,
) -> None:
    """Compare the books. Exit code 1 where gateway, ledger and department differ."""
    from actions.payments.report import COLUMNS, as_row, differing

    lines = _lines(_context(), time.time() - days * _DAY)
    differs = differing(lines)
    if as_csv:
        out = csv.writer(sys.stdout)
        out.writerow(COLUMNS)
        out.writerows(as_row(line) for line in lines)
    elif json_output:
        print(json.dumps([dict(zip(COLUMNS, as_row(line))) for line in lines]))
    else:
        for line in differs:
            print(f"{line.order}  {line.department}  Rs {line.rupees}  {line.ledger}: ", end="")
            print(line.differs or f"alarm {line.alarm}")
        print(f"{len(lines)} payments, {len(differs)} to look at")
    raise typer.Exit(1 if differs else 0)


def _list(here: Context, days: float, *, everything: bool = False, as_json: bool = False) -> None:
    from actions.payments.payment import UNSETTLED

    since = time.time() - days * _DAY if everything else time.time()
    found = here.cashier.lifecycle.ledger.since(since)
    shown = [p for p in found if everything or p.state in UNSETTLED or p.alarm]
    if as_json:
        print(json.dumps([_facts(here, payment) for payment in shown]))
        return
    for payment in shown:
        print("  ".join(map(str, _facts(here, payment).values())))
    if not shown:
        print("no payment is unsettled")


def _lines(here: Context, since: float) -> list[Line]:
    from actions.payments.report import report as compared

    async def work() -> list[Line]:
        try:
            return await compared(here.cashier.lifecycle, since)
        finally:
            await here.aclose()

    return asyncio.run(work())


def _context() -> Context:
    """Ends the command with one line where a setting or the data are wrong."""
    from actions.server.context import context
    from nlu.catalogue import CatalogueError

    try:
        return context()
    except (OSError, ValueError, CatalogueError) as error:
        raise SystemExit(str(error)) from error


def _facts(here: Context, payment: Payment) -> dict[str, str]:
    from actions.payments.payment import in_rupees

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
