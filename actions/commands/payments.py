"""`seva payments`: commands about payments for operators."""

from __future__ import annotations

from typing import Annotated

import typer

from nlu.commands.options import Json, finish

app = typer.Typer(
    name="payments",
    help="Payments. List what is unsettled, settle it, compare gateway, ledger and departments.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Days = Annotated[float, typer.Option(min=0, help="How far back, in days.")]


@app.command("list")
def list_payments(
    everything: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    days: Days = 30,
    json_output: Json = False,
) -> None:
    """List payments. What is not settled, or has an alarm."""
    from actions.payments.commands import list_command

    finish(list_command(days=days, everything=everything, as_json=json_output))


@app.command()
def show(
    order: Annotated[str, typer.Argument(metavar="ORDER", help="As the citizen was told it.")],
    json_output: Json = False,
) -> None:
    """Show a payment. With what gateway and department say of it now."""
    from actions.payments.commands import show_command

    finish(show_command(order, as_json=json_output))


@app.command()
def reconcile() -> None:
    """Settle now. Looks up every unsettled payment at once, as the action server does in time."""
    from actions.payments.commands import reconcile_command

    finish(reconcile_command())


@app.command()
def report(
    days: Days = 1,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print every payment as CSV.")] = False,
    json_output: Json = False,
) -> None:
    """Compare the books. Exit code 1 where gateway, ledger and department differ."""
    from actions.payments.commands import report_command

    finish(report_command(days=days, as_csv=as_csv, as_json=json_output))
