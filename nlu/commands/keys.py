"""`seva keys`: commands about the keys that seal what citizens told."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import entry_points
from typing import TYPE_CHECKING

import typer

from nlu.commands.options import Json, finish

if TYPE_CHECKING:
    from nlu.storage.keys import Place
    from nlu.storage.rotation import Ring
    from nlu.storage.sealed_table import SealedStore

app = typer.Typer(
    name="keys",
    help="Sealing keys. Make a new one, seal everything again, drop the old ones.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def make() -> None:
    """Print a new key. For SEVA_SEALING_KEY; without the variable keys are made by themselves."""
    from nlu.storage.rotation import make_command

    finish(make_command())


@app.command("list")
def list_keys(json_output: Json = False) -> None:
    """List the keys. Names that tell them apart, and what each is for."""
    from nlu.storage.rotation import list_command

    finish(list_command(_rings(), as_json=json_output))


@app.command()
def check(json_output: Json = False) -> None:
    """Try to read every sealed row. Exit code 1 where one cannot be read."""
    from nlu.storage.rotation import check_command

    finish(check_command(_rings(), as_json=json_output))


@app.command()
def rotate() -> None:
    """Make a new key and seal every row again. Everything may go on running meanwhile."""
    from nlu.storage.rotation import rotate_command

    finish(rotate_command(_rings()))


@app.command()
def reseal() -> None:
    """Seal again what an older key sealed. Goes on with a rotation that was cut short."""
    from nlu.storage.rotation import reseal_command

    finish(reseal_command(_rings()))


@app.command()
def drop() -> None:
    """Remove the older keys. Only once nothing is sealed by them any more."""
    from nlu.storage.rotation import drop_command

    finish(drop_command(_rings()))


def _rings() -> Sequence[Ring]:
    """Keys of all processes with every store that has sealed rows, as the entry points
    `seva.sealed` open them; ends with one line where a key is wrong."""
    from nlu.storage.keys import key_place, read_keys
    from nlu.storage.rotation import Ring

    stores: dict[Place, list[SealedStore]] = {key_place(): []}
    try:
        read_keys(key_place())
        for found in entry_points(group="seva.sealed"):
            for ring in found.load()():
                read_keys(ring.place)
                stores.setdefault(ring.place, []).extend(ring.stores)
    except (ValueError, OSError) as error:
        raise SystemExit(str(error)) from error
    return [Ring(place, sealed) for place, sealed in stores.items()]
