"""`seva keys`: commands about the keys that seal what citizens told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from nlu.cli_models import Json, finish

if TYPE_CHECKING:
    from nlu.storage.sealed_table import SealedStore

keys = typer.Typer(
    name="keys",
    help="Sealing keys. Make a new one, seal everything again, drop the old ones.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@keys.command()
def make() -> None:
    """Print a new key. For SEVA_SEALING_KEY; without the variable keys are made by themselves."""
    from nlu.storage.rotation import make_command

    finish(make_command())


@keys.command("list")
def list_keys(json_output: Json = False) -> None:
    """List the keys. Names that tell them apart, and what each is for."""
    from nlu.storage.rotation import list_command

    finish(list_command(as_json=json_output))


@keys.command()
def check(json_output: Json = False) -> None:
    """Try to read every sealed row. Exit code 1 where one cannot be read."""
    from nlu.storage.rotation import check_command

    finish(check_command(_stores(), as_json=json_output))


@keys.command()
def rotate() -> None:
    """Make a new key and seal every row again. Everything may go on running meanwhile."""
    from nlu.storage.rotation import rotate_command

    finish(rotate_command(_stores()))


@keys.command()
def reseal() -> None:
    """Seal again what an older key sealed. Goes on with a rotation that was cut short."""
    from nlu.storage.rotation import reseal_command

    finish(reseal_command(_stores()))


@keys.command()
def drop() -> None:
    """Remove the older keys. Only once nothing is sealed by them any more."""
    from nlu.storage.rotation import drop_command

    finish(drop_command(_stores()))


def _stores() -> Sequence[SealedStore]:
    """Every store that has sealed rows, of all processes."""
    from actions.sealed_stores import open_sealed_stores
    from api.inbox.open import database_file
    from api.inbox.sealed import sealed_columns
    from api.settings import Settings
    from nlu.storage.keys import check_keys

    try:
        check_keys()
    except (ValueError, OSError) as error:
        raise SystemExit(str(error)) from error
    return [*open_sealed_stores(), *sealed_columns(database_file(Settings()))]
