"""`seva simulator` and `seva demo`: each runs until Ctrl-C or SIGTERM."""

from __future__ import annotations

from typing import Annotated

import typer

from nlu.commands.options import address, begin, finish

app = typer.Typer(rich_markup_mode=None)
_HOST, _PORT = address("SIMULATOR", 8785)


@app.command()
def simulator(
    host: Annotated[str | None, _HOST] = None,
    port: Annotated[int | None, _PORT] = None,
) -> None:
    """Run the WhatsApp simulator. It has a chat page for the browser."""
    from nlu.settings.settings import SimulatorSettings

    settings = begin(SimulatorSettings)
    from api.demo.simulator.server import simulator_command

    simulator_command(settings.but({"simulator_host": host, "simulator_port": port}))


@app.command()
def demo(
    smoke: Annotated[
        bool, typer.Option("--smoke", help="One turn per language and one voice turn, then stop.")
    ] = False,
) -> None:
    """Run everything. Embedded defaults; prints the chat page's address."""
    from nlu.settings.settings import Settings

    settings = begin(Settings)
    from api.demo.demo import demo_command

    finish(demo_command(settings, smoke))
