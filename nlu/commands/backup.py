"""`seva backup` and `seva restore`: everything of a deployment in one file, and back."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from nlu.commands.options import Json, finish


class _MakeUnlessSaid(TyperGroup):
    """`seva backup TARGET` is `seva backup make TARGET`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """A word that is no command belongs to `make`."""
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = ["make", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(
    name="backup",
    cls=_MakeUnlessSaid,
    help="Backups. `seva backup TARGET` makes one; keys go apart; `seva restore` is the way back.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Target = Annotated[Path, typer.Argument(metavar="TARGET", help="A new file, or a folder.")]
File = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False)]
Recipients = Annotated[
    Path | None,
    typer.Option(
        envvar="SEVA_BACKUP_RECIPIENTS",
        dir_okay=False,
        help="File of age public keys, one a line. Whoever has one of their secret keys can read.",
    ),
]
Identity = Annotated[
    Path | None,
    typer.Option(
        envvar="SEVA_BACKUP_IDENTITY",
        dir_okay=False,
        help="File with the age secret key of a recipient.",
    ),
]


class Which(str, Enum):
    """Models that a backup holds."""

    live = "live"
    all = "all"
    none = "none"


@app.command()
def make(
    target: Target,
    recipients: Recipients = None,
    models: Annotated[Which, typer.Option(help="Models to take along.")] = Which.live,
    without_models: Annotated[
        bool, typer.Option("--without-models", help="The same as --models none.")
    ] = False,
    keep: Annotated[
        int, typer.Option(min=0, help="Then keep so many in the folder TARGET; 0 keeps all.")
    ] = 0,
    json_output: Json = False,
) -> None:
    """Make a backup of all but the keys. Everything goes on running; one line when it is done."""
    from nlu.backup.commands import make_command

    kind = "none" if without_models else models.value
    finish(make_command(target, recipients, kind, keep=keep, as_json=json_output))  # type: ignore[arg-type]


@app.command()
def keys(
    target: Target,
    recipients: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="File of age public keys; others than the backups'."),
    ] = None,
    of_backups: Annotated[
        Path | None, typer.Option(envvar="SEVA_BACKUP_RECIPIENTS", hidden=True, dir_okay=False)
    ] = None,
    json_output: Json = False,
) -> None:
    """Write all keys into a file of their own. For other recipients than those of the backups."""
    from nlu.backup.commands import keys_command

    finish(keys_command(target, recipients, of_backups, as_json=json_output))


@app.command()
def check(
    file: File,
    identity: Identity = None,
    json_output: Json = False,
) -> None:
    """Check that a backup can be restored. Hashes every part, opens every database."""
    from nlu.backup.commands import check_command

    finish(check_command(file, identity, as_json=json_output))


@app.command()
def identity(target: Annotated[Path, typer.Argument(metavar="FILE", help="A new file.")]) -> None:
    """Make a pair of keys for backups. FILE gets the secret one, the public one is printed."""
    from nlu.backup.commands import identity_command

    finish(identity_command(target))


def restore(
    file: File,
    identity: Identity = None,
    without_models: Annotated[
        bool, typer.Option("--without-models", help="Neither models nor an own catalogue.")
    ] = False,
    json_output: Json = False,
) -> None:
    """Restore a backup, or keys. Into empty places only; says what to do next."""
    from nlu.backup.commands import restore_command

    finish(restore_command(file, identity, models=not without_models, as_json=json_output))
