"""`seva api-keys`: keys of clients of the API."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

app = typer.Typer(
    name="api-keys",
    help="API keys. Made here, listed in the file of SEVA_API_KEYS_FILE.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.callback()
def group() -> None:
    """Keeps `new` a command of its own while it is the only one."""


@app.command()
def new(
    name: Annotated[str, typer.Argument(help="Of the client, for logs and limits.")],
    scope: Annotated[
        list[str], typer.Option(help="One of those in docs/api.md, such as parse; may be repeated.")
    ],
    expires: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="From that day on (UTC) it is refused."),
    ] = None,
    rate: Annotated[int | None, typer.Option(min=1, help="Most texts in 60 seconds.")] = None,
    quota: Annotated[int | None, typer.Option(min=1, help="Most texts in 24 hours.")] = None,
) -> None:
    """Make a key. Its entry for the file goes to standard output, the key to standard error."""
    from nlu.settings.api_keys_file import new_key

    try:
        key, entry = new_key(name, scope, expires and expires.date(), rate, quota)
    except ValueError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    typer.echo(f"The key, shown only now: {key}", err=True)
    typer.echo(entry, nl=False)
