"""`seva migrate`: commands that change the tables of all stores, in pairs around an upgrade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nlu.commands.options import Json, finish

if TYPE_CHECKING:
    from nlu.storage.migrations.store import Store

app = typer.Typer(
    name="migrate",
    help="Tables of another version. Add what a new Seva needs, later take away what it does not.",
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
