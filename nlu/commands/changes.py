"""`seva changes`: what people have changed in the console, to be taken over or discarded."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from nlu.commands.options import Json

if TYPE_CHECKING:
    from nlu.changes.workshop import Workshop

app = typer.Typer(
    name="changes",
    help="Changes of the catalogue made in the console. List, look, check, take over, discard.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Id = Annotated[str, typer.Argument(metavar="ID", help="As the list shows it.")]


@app.command("list")
def list_changes(json_output: Json = False) -> None:
    """List all changes. The newest first, with their state."""
    found = _workshop().proposals.all()
    if json_output:
        print(json.dumps([{**asdict(one), "title": one.title} for one in found], indent=2))
        return
    for one in found:
        where = f"  {one.branch}" if one.branch else ""
        print(f"{one.id}  {one.state:<9}  {one.title} ({', '.join(one.authors)}){where}")
    if not found:
        print("There are no changes.")


@app.command()
def show(change: Id) -> None:
    """Show a change. Its lines, as a diff."""
    from nlu.changes.diff import unified

    workshop = _workshop()
    with _known(change):
        one = workshop.proposals.get(change)
        for kept in one.changes:
            print(f"{kept.at}  {kept.author}: {kept.reason}")
        for file in workshop.proposals.files(change):
            print(unified(file, "data"), end="")


@app.command()
def patch(change: Id) -> None:
    """Print the patch of a change. For `git am`, where the catalogue is kept in another place."""
    workshop = _workshop()
    with _known(change):
        sys.stdout.buffer.write(workshop.proposals.patch(change))


@app.command("check")
def check_change(change: Id) -> None:
    """Check the catalogue as a change leaves it. As `seva check` does."""
    workshop = _workshop()
    with _known(change):
        problems = workshop.check(change)
    for problem in problems:
        print(problem)
    print(f"{len(problems)} to mend." if problems else "The catalogue is valid with this change.")
    raise typer.Exit(1 if problems else 0)


@app.command()
def take(change: Id) -> None:
    """Take a change over. It becomes part of the catalogue, and is learned by the next training."""
    from nlu.changes.proposal import Author, NotTaken
    from nlu.lineage import person
    from nlu.paths import data_folder

    workshop = _workshop()
    with _known(change):
        problems = workshop.check(change)
        for problem in problems:
            print(problem)
        if problems:
            print(f"{change} is not taken over: {len(problems)} to mend.", file=sys.stderr)
            raise typer.Exit(1)
        try:
            workshop.proposals.take_over(change, Author(person(data_folder()), "seva@seva.invalid"))
        except NotTaken as error:
            print(f"{change} is not taken over: {error}", *error.files, file=sys.stderr)
            raise typer.Exit(1) from None
    print(f"{change} is taken over: seva train")


@app.command()
def discard(change: Id) -> None:
    """Discard a change. It can still be shown."""
    workshop = _workshop()
    with _known(change):
        workshop.proposals.discard(change)
    print(f"{change} is discarded.")


def _workshop() -> Workshop:
    from nlu.changes.proposal import Author
    from nlu.changes.workshop import open_workshop
    from nlu.paths import data_folder, var_folder

    nobody = Author("seva", "seva@seva.invalid")  # these commands make no commits
    return open_workshop(data_folder().absolute(), var_folder(), nobody)


@contextmanager
def _known(change: str) -> Iterator[None]:
    """Ends the command where there is no such change, or it is closed."""
    from nlu.changes.proposal import NoSuchProposal

    try:
        yield
    except NoSuchProposal:
        print(f"there is no open change {change!r}: seva changes list", file=sys.stderr)
        raise typer.Exit(2) from None
