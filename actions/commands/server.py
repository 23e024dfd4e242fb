"""`seva actions`: runs until Ctrl-C or SIGTERM."""

from __future__ import annotations

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
