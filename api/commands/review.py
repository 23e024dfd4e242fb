"""`seva review`: commands about messages that a person should read."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from nlu.commands.options import Json, finish

app = typer.Typer(
    name="review",
    help="Messages that a person should read. List them, choose those worth a label, export what "
    "readers decided, and add it to the catalogue.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


class State(str, Enum):
    """Where a card stands."""

    open = "open"
    second = "second"
    disputed = "disputed"
    done = "done"
    handed = "handed"


class Form(str, Enum):
    """Of a file."""

    jsonl = "jsonl"
    label_studio = "label-studio"


_STATE = typer.Option(
    help="Cards that are open, wait for a second reader, are disputed, done, or handed in."
)
_FORM = typer.Option("--form", help="Lines as `seva evaluate` reads them, or Label Studio's JSON.")


@app.command("list")
def list_cards(
    state: Annotated[State, _STATE] = State.open,
    language: Annotated[str, typer.Option(help="Only of this key, such as te-Latn.")] = "",
    most: Annotated[int, typer.Option(min=1, help="At most so many, the best first.")] = 50,
    json_output: Json = False,
) -> None:
    """List cards. A card stands for messages that are almost the same; words are masked."""
    from api.review.commands import list_command

    finish(list_command(state.value, language, most, as_json=json_output))


@app.command()
def agreement(json_output: Json = False) -> None:
    """Tell how far readers agree. Cohen's kappa over the cards that two people read."""
    from api.review.commands import agreement_command

    finish(agreement_command(as_json=json_output))


@app.command()
def choose(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="Messages without labels: one a line (.txt), a column `text` (.csv, .tsv), or a "
            "member `text` in each line (.jsonl). Without: the open cards.",
        ),
    ] = None,
    most: Annotated[int, typer.Option(min=1, help="Choose so many.")] = 100,
    language: Annotated[str, typer.Option(help="Only of this key, such as te-Latn.")] = "",
    out: Annotated[
        Path | None, typer.Option("--out", help="Write here; without: standard output.")
    ] = None,
    form: Annotated[
        Form,
        typer.Option("--form", help="Lines whose `service` is to be filled in, or tasks."),
    ] = Form.jsonl,
) -> None:
    """Choose the messages that are worth a label next. Numbers in them are masked.

    The live model reads all of them. Chosen are those that it doubts most, without many that are
    alike; what the catalogue says already is left out. Fill in `service` in each line, or label the
    tasks, then `seva review apply`.
    """
    from api.review.choose import choose_command

    finish(choose_command(file, most, language, out, form.value))


@app.command()
def export(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Without: standard output.")
    ] = None,
    form: Annotated[Form, _FORM] = Form.jsonl,
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Decided on that day or later."),
    ] = None,
    state: Annotated[
        State, typer.Option(help="For Label Studio: cards of this state, also for others to label.")
    ] = State.done,
    config: Annotated[
        Path | None, typer.Option(help="Write Label Studio's configuration of a project here.")
    ] = None,
) -> None:
    """Export what readers decided. What nobody decided, or only one of two, is never in it."""
    from api.review.commands import export_command

    day = since.date() if since else None
    finish(export_command(file, form.value, day, state.value, config))


@app.command()
def apply(
    file: Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)],
    form: Annotated[Form, _FORM] = Form.jsonl,
    data: Annotated[
        Path | None, typer.Option("--data", exists=True, file_okay=False, help="Data folder.")
    ] = None,
    leave_out: Annotated[
        bool,
        typer.Option("--leave-out", help="Leave out lines that cannot be added, and name them."),
    ] = False,
) -> None:
    """Add reviewed sentences to the catalogue. Each is a new line of its service's file.

    Lines that are learned already, measure something, or hold a masked number are refused, and so
    is what `seva check` would refuse; then nothing is written.
    """
    from api.review.commands import apply_command

    finish(apply_command(file, form.value, data, leave_out=leave_out))
