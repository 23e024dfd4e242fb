"""`seva sandbox`: runs until Ctrl-C or SIGTERM."""

from __future__ import annotations

from typing import Annotated

import typer

from nlu.commands.options import address, begin

app = typer.Typer(rich_markup_mode=None)
_HOST, _PORT = address("SANDBOX", 8790)


@app.command()
def sandbox(
    host: Annotated[str | None, _HOST] = None,
    port: Annotated[int | None, _PORT] = None,
) -> None:
    """Run the sandbox departments. With a payment gateway, for demos and tests."""
    from nlu.settings.settings import SandboxSettings

    settings = begin(SandboxSettings)
    from actions.sandbox.server import sandbox_command

    sandbox_command(settings.but({"sandbox_host": host, "sandbox_port": port}))
