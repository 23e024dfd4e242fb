"""`seva keys`: commands about the keys that seal what citizens told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import typer

from nlu.cli_models import Json, finish

if TYPE_CHECKING:
    from nlu.storage.rotation import Ring
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

    finish(list_command(_rings(), as_json=json_output))


@keys.command()
def check(json_output: Json = False) -> None:
    """Try to read every sealed row. Exit code 1 where one cannot be read."""
    from nlu.storage.rotation import check_command

    finish(check_command(_rings(), as_json=json_output))


@keys.command()
def rotate() -> None:
    """Make a new key and seal every row again. Everything may go on running meanwhile."""
    from nlu.storage.rotation import rotate_command

    finish(rotate_command(_rings()))


@keys.command()
def reseal() -> None:
    """Seal again what an older key sealed. Goes on with a rotation that was cut short."""
    from nlu.storage.rotation import reseal_command

    finish(reseal_command(_rings()))


@keys.command()
def drop() -> None:
    """Remove the older keys. Only once nothing is sealed by them any more."""
    from nlu.storage.rotation import drop_command

    finish(drop_command(_rings()))


def _rings() -> Sequence[Ring]:
    """Keys of all processes with every store that has sealed rows; ends with one line where a key
    is wrong."""
    from actions.sealed_stores import documents, open_sealed_stores
    from api.inbox.open import database_file, sealed_columns
    from nlu.settings.settings import Settings
    from nlu.storage.keys import key_place, read_keys
    from nlu.storage.rotation import Ring

    issued = documents()
    try:
        for place in (key_place(), *(ring.place for ring in issued)):
            read_keys(place)
    except (ValueError, OSError) as error:
        raise SystemExit(str(error)) from error
    told: list[SealedStore] = [*open_sealed_stores(), *sealed_columns(database_file(Settings()))]
    return [Ring(key_place(), told), *issued]
