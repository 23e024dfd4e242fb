"""`seva actions` runs until Ctrl-C or SIGTERM; `seva report` makes a report from its tables."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nlu.commands.options import begin, finish

app = typer.Typer(rich_markup_mode=None)


@app.command()
def actions(
    port: Annotated[
        int | None,
        typer.Option(help="Port of this machine, instead of where SEVA_ACTION_SERVER_URL says."),
    ] = None,
) -> None:
    """Run the action server. Forms, questions and calls to departments."""
    from nlu.settings.settings import ActionsSettings

    settings = begin(ActionsSettings)
    from actions.server.process import actions_command

    finish(actions_command(settings, port))


@app.command()
def report(
    out: Annotated[Path, typer.Option(help="File to write: its name ends in .pdf or .csv.")],
    month: Annotated[
        str, typer.Option(help="Month, such as 2026-11. Without one: the month that is over.")
    ] = "",
    language: Annotated[str, typer.Option(help="te, hi or en.")] = "te",
    department: Annotated[
        str, typer.Option(help="Department by its id in the catalogue. Without one: all.")
    ] = "",
) -> None:
    """Make the report of a month. Volumes, services, waits, payments; numbers below five hidden."""
    from nlu.settings.settings import ActionsSettings

    settings = begin(ActionsSettings)
    from actions.reports.command import report_command

    finish(report_command(settings, out, month, language, department))
