"""Commands about the catalogue: init, check, new-service, new-department, changes."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nlu.commands.changes import app as changes
from nlu.commands.options import Json
from nlu.paths import config_file, data_folder

if TYPE_CHECKING:
    from nlu.training.alikeness import Astray

app = typer.Typer(rich_markup_mode=None)
app.add_typer(changes)

Folder = Annotated[
    Path | None,
    typer.Argument(
        exists=True,
        file_okay=False,
        help="Data folder; SEVA_DATA_DIR or data/ if absent.",
        show_default=False,
    ),
]
DataOption = Annotated[
    Path | None, typer.Option("--data", exists=True, file_okay=False, help="Data folder.")
]


@app.command()
def init(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", file_okay=False, help="New, or without data/ so far."),
    ],
) -> None:
    """Lay out an own catalogue. A copy of Seva's, to edit; overwrites nothing."""
    from nlu.catalogue.scaffold import ScaffoldError, create_catalogue

    try:
        made = create_catalogue(folder)
    except ScaffoldError as error:
        _refuse(error)
    print(f"{folder} has now: {', '.join(made)}.")
    print(f"Go on with `cd {folder}` and `seva check`; {folder / 'README.md'} says what else.")


@app.command()
def check(
    path: Folder = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Also refuse sentences too alike, by letters and by meaning."
        ),
    ] = False,
    counts: Annotated[
        bool, typer.Option("--counts", help="Print utterances per service and key.")
    ] = False,
    coverage: Annotated[
        bool,
        typer.Option(
            "--coverage", help="Print what valid services lack: kinds of messages, facts."
        ),
    ] = False,
    move: Annotated[
        bool,
        typer.Option(
            "--move", help="Offer to move what is out of scope to the service that has it now."
        ),
    ] = False,
    json_output: Json = False,
) -> None:
    """Check the catalogue. Names every mistake at once, with file:line and how to mend it."""
    from nlu.augment.transcripts import FOLDER, read_all_heard
    from nlu.catalogue.checker import check_catalogue
    from nlu.catalogue.errors import CatalogueError
    from nlu.catalogue.report import print_report

    folder = path or data_folder()
    if (folder / "lexicon").is_dir():
        os.environ["SEVA_DATA_DIR"] = str(folder)  # its own words for numbers and units
    result = check_catalogue(folder, strict=strict)
    try:
        read_all_heard(folder / FOLDER)
    except CatalogueError as error:
        result = replace(result, problems=(*result.problems, *error.problems))
    if (strict or move) and not result.problems:
        from nlu.encoder.provision import configured
        from nlu.training.alikeness import alike_in_meaning, astray
        from nlu.training.mislabelled import mislabelled

        print("Comparing sentences by meaning ...", file=sys.stderr)
        model = configured(config_file())
        strays = astray(result, model)
        if move:
            _move(strays)
            return
        found = [
            *alike_in_meaning(result, model),
            *(stray.problem for stray in strays),
            *mislabelled(result),
        ]
        result = replace(result, problems=tuple(sorted(found)))
    print_report(result, counts=counts, json_output=json_output)
    if coverage and not result.problems:
        from nlu.catalogue.gaps import print_gaps

        print_gaps(result.catalogue)
    raise typer.Exit(1 if result.problems else 0)


@app.command()
def sentences(
    path: Folder = None,
    service: Annotated[str | None, typer.Option(help="Of this service or intent only.")] = None,
    labels: Annotated[
        bool, typer.Option("--labels", help="Only those that may belong to another intent.")
    ] = False,
    twins: Annotated[
        bool, typer.Option("--twins", help="Only those that two intents share, or nearly.")
    ] = False,
    lacking: Annotated[
        bool, typer.Option("--lacking", help="Only the kinds of messages that services lack.")
    ] = False,
    most: Annotated[int, typer.Option(min=1, help="So many of each are printed.")] = 30,
    json_output: Json = False,
) -> None:
    """Find sentences to read again. In the wrong file, in two files, or not there at all."""
    from nlu.quality.sentences_command import sentences_command

    asked = {"labels": labels, "twins": twins, "lacking": lacking}
    views = [name for name, wanted in asked.items() if wanted]
    folder = (path or data_folder()).absolute()
    raise typer.Exit(sentences_command(folder, service, views, most, json_output))


def _move(strays: Sequence[Astray]) -> None:
    """Asks of each sentence whether to move it; the last line of a file first, so that the others
    keep their lines."""
    from nlu.catalogue.move import MoveError
    from nlu.catalogue.move import move as move_line

    for stray in sorted(strays, key=lambda one: (one.said.file, -one.said.utterance.line)):
        print(stray.problem)
        question = "Remove it?" if stray.twice else f"Move it to {stray.near.intent}?"
        if not typer.confirm(question, default=True):
            continue
        to = None if stray.twice else stray.near.file
        try:
            move_line((stray.said.file, stray.said.utterance.line), to, stray.said.key)
        except MoveError as error:
            print(error, file=sys.stderr)
    print("Nothing is astray." if not strays else "Now run `seva check`.")


@app.command()
def new_service(
    name: Annotated[str, typer.Argument(metavar="DEPARTMENT/NAME", help="energy/meter_shift")],
    data: DataOption = None,
) -> None:
    """Make a service file. `seva check` refuses it until its TODO marks are filled."""
    from nlu.catalogue.scaffold import ScaffoldError, create_service

    try:
        file = create_service(data or data_folder(), name)
    except ScaffoldError as error:
        _refuse(error)
    print(f"{file} is there. Fill in what says TODO, then run `seva check`.")


@app.command()
def new_department(
    name: Annotated[str, typer.Argument(metavar="NAME", help="health")],
    data: DataOption = None,
) -> None:
    """Make a department file. With its OpenAPI file, both with TODO marks."""
    from nlu.catalogue.scaffold import ScaffoldError, create_department

    try:
        files = create_department(data or data_folder(), name)
    except ScaffoldError as error:
        _refuse(error)
    made = " and ".join(map(str, files))
    print(f"{made} are there. Fill in what says TODO, then `seva new-service {name}/NAME`.")


def _refuse(error: Exception) -> None:
    print(error, file=sys.stderr)
    raise typer.Exit(2)
