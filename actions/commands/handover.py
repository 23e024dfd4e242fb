"""`seva handover`: for staff who go on with what the dialogue could not finish."""

from __future__ import annotations

from typing import Annotated

import typer

from nlu.commands.options import Json, finish

app = typer.Typer(
    name="handover",
    help="Requests handed over to a person. List them, read them, answer the citizen.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Number = Annotated[str, typer.Argument(metavar="NUMBER", help="As the citizen was told it.")]


@app.command("list")
def list_requests(
    everything: Annotated[bool, typer.Option("--all", help="Also those answered.")] = False,
    json_output: Json = False,
) -> None:
    """List who waits. The oldest first, with service, language and why."""
    from actions.citizens.handover_commands import list_command

    finish(list_command(everything=everything, as_json=json_output))


@app.command()
def show(
    number: Number,
    private: Annotated[
        bool, typer.Option("--private", help="Aadhaar and account numbers in full.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Show a request. All that was told, and the question that was open."""
    from actions.citizens.handover_commands import show_command

    finish(show_command(number, private=private, as_json=json_output))


@app.command()
def answer(
    number: Number,
    text: Annotated[str, typer.Argument(metavar="TEXT", help="In the citizen's language.")],
    keep_open: Annotated[
        bool, typer.Option("--keep-open", help="More is to follow: do not close it.")
    ] = False,
) -> None:
    """Answer the citizen on WhatsApp. Closes the request."""
    from actions.citizens.handover_commands import answer_command

    finish(answer_command(number, text, keep_open=keep_open))


@app.command()
def close(number: Number) -> None:
    """Close a request. Without a word to the citizen, as after a telephone call."""
    from actions.citizens.handover_commands import close_command

    finish(close_command(number))
