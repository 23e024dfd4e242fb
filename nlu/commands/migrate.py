"""`seva migrate`: commands that change the tables of all stores, in pairs around an upgrade."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from nlu.commands.options import Json, finish

if TYPE_CHECKING:
    from nlu.storage.migrations.store import Store
    from nlu.storage.move.source import Source

app = typer.Typer(
    name="migrate",
    help="Tables of another version: add what a new Seva needs, later take away what it does not. "
    "`move` takes all tables from files into PostgreSQL.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Names = Annotated[
    list[str] | None,
    typer.Argument(metavar="[STORE]...", help="As `seva migrate status` names them; else all."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Print the steps and their SQL; change nothing.")
]
Yes = Annotated[bool, typer.Option("--yes", help="Ask nothing: no process needs what goes.")]


@app.command()
def status(json_output: Json = False) -> None:
    """Say how the tables stand. Exit code 1 where this Seva cannot work with them."""
    from nlu.storage.migrations.commands import status_command

    finish(status_command(_stores(None), as_json=json_output))


@app.command()
def before(stores: Names = None, dry_run: DryRun = False) -> None:
    """Add what this Seva needs. Run it before new processes start; older ones go on meanwhile."""
    from nlu.storage.migrations.commands import before_command

    finish(before_command(_stores(stores), dry_run=dry_run))


@app.command()
def after(stores: Names = None, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Take away what only older Sevas need. Run it once none of their processes runs any more."""
    from nlu.storage.migrations.commands import after_command

    finish(after_command(_stores(stores), dry_run=dry_run, confirm=lambda q: yes or _asked(q)))


@app.command()
def down(
    store: Annotated[str, typer.Argument(metavar="STORE", help="As the status names it.")],
    number: Annotated[
        int, typer.Argument(min=1, metavar="NUMBER", help="The last pair that stays.")
    ],
    after_only: Annotated[
        bool,
        typer.Option("--after-only", help="Undo the halves `after` alone: for older processes."),
    ] = False,
    lose_data: Annotated[
        bool, typer.Option("--lose-data", help="Also where rows hold what the older tables cannot.")
    ] = False,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Go back to older tables. Refused where data would be lost, unless you say --lose-data.

    An older Seva also works with newer tables, as long as no step `after` was run: often it is
    enough to start the older one.
    """
    from nlu.storage.migrations.commands import down_command

    (one,) = _stores([store])
    code = down_command(
        one,
        number,
        after_only=after_only,
        lose_data=lose_data,
        dry_run=dry_run,
        confirm=lambda question: yes or _asked(question),
    )
    finish(code)


@app.command()
def move(
    database: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            help="The file of messages, where it was not seva.sqlite in SEVA_VAR_DIR.",
        ),
    ] = None,
    journal: Annotated[
        Path | None,
        typer.Option(
            dir_okay=False,
            help="The file of the journal, where it was not journal.sqlite in SEVA_VAR_DIR.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count what would be moved; change nothing.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Move a deployment from its files into PostgreSQL: everything, or nothing.

    Stop all processes, set SEVA_DATABASE_URL to an empty database, run this, start them again. It
    takes conversations, messages, payments, what citizens left, issued documents with their log,
    departments' keys and counts out of SEVA_VAR_DIR. Each table is compared with its file before
    it counts; then the files get another name, ending in .moved.
    """
    from nlu.storage.move.commands import move_command

    sources, var = _sources(database, journal)
    finish(move_command(sources, var, dry_run=dry_run, as_json=json_output))


def _asked(question: str) -> bool:
    return typer.confirm(question, err=True)


def _stores(names: list[str] | None) -> list[Store]:
    """Those of these names, or all."""
    from nlu.settings import Settings, WrongEnvironment
    from nlu.storage.migrations.store import all_stores

    try:
        found = all_stores(Settings.read())
    except WrongEnvironment as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    known = [store.name for store in found]
    for name in names or ():
        if name not in known:
            raise typer.BadParameter(f"there is no store `{name}`; there are {', '.join(known)}")
    return [store for store in found if not names or store.name in names]


def _sources(database: Path | None, journal: Path | None) -> tuple[list[Source], Path]:
    """What lies in files by the settings of before, and SEVA_VAR_DIR."""
    from nlu.settings import Settings, WrongEnvironment
    from nlu.storage.move.source import all_sources
    from nlu.storage.moved import moved_name

    for file in (database, journal):
        if file is not None and not file.exists() and not moved_name(file).exists():
            raise typer.BadParameter(f"there is no file {file}")
    before = {
        "SEVA_DATABASE_URL": f"sqlite:///{database.absolute()}" if database else "sqlite",
        "SEVA_JOURNAL_URL": f"sqlite:///{journal.absolute()}" if journal else "",
    }
    try:
        now, files = Settings.read(), Settings.read({**os.environ, **before})
    except WrongEnvironment as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    for variable, url in (
        ("SEVA_DATABASE_URL", now.database_url),
        ("SEVA_JOURNAL_URL", now.tables_url),
    ):
        if not url.startswith("postgresql"):
            typer.echo(
                f"{variable} names no PostgreSQL: set it as the processes will have it from now on"
                + (", or leave it out" if variable == "SEVA_JOURNAL_URL" else ""),
                err=True,
            )
            raise typer.Exit(1)
    return all_sources(files, now), files.var_dir
