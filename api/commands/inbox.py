"""`seva inbox`: commands about messages that were given up."""

from __future__ import annotations

from typing import Annotated

import typer

from nlu.commands.options import Json, finish

app = typer.Typer(
    name="inbox",
    help="Messages that were given up. List them, look at one, have it answered, or drop it.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Numbers = Annotated[
    list[str], typer.Argument(metavar="NUMBER...", help="As `seva inbox list` shows them, or all.")
]


@app.command("list")
def list_letters(
    waiting: Annotated[bool, typer.Option("--waiting", help="What waits for an answer.")] = False,
    most: Annotated[int, typer.Option(min=1, help="At most so many, oldest first.")] = 100,
    json_output: Json = False,
) -> None:
    """List dead letters. Each with its number and why it was given up."""
    from api.inbox.commands import list_command

    finish(list_command(waiting=waiting, most=most, as_json=json_output))


@app.command()
def show(
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="As the list shows it.")],
    json_output: Json = False,
) -> None:
    """Show a message. Its words are masked."""
    from api.inbox.commands import show_command

    finish(show_command(number, as_json=json_output))


@app.command()
def requeue(numbers: Numbers) -> None:
    """Have dead letters answered. They wait again, at their place in the conversation."""
    from api.inbox.commands import requeue_command

    finish(requeue_command(numbers))


@app.command()
def drop(numbers: Numbers) -> None:
    """Forget dead letters. Their words are deleted, they are not answered.

    `seva inbox drop lost` does so with all that waits for a sealing key which nobody has any more.
    """
    from api.inbox.commands import drop_command

    finish(drop_command(numbers))


@app.command()
def purge() -> None:
    """Delete what was kept long enough. Every worker does so each hour; this needs none.

    Words of dead letters, ids of messages (SEVA_KEEP_DAYS), conversations that nobody goes on with
    (SEVA_KEEP_TRACKERS_DAYS).
    """
    from api.inbox.commands import purge_command

    finish(purge_command())


@app.command()
def hold() -> None:
    """Hold what waits. For after a restore, before the workers start: most of it was answered.

    Messages become dead letters, replies on their way wait until their citizen writes.
    """
    from api.inbox.commands import hold_command

    finish(hold_command())
