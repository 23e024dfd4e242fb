"""`seva load`: how a deployment does under load."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nlu.commands.options import Json, finish


def load(
    rate: Annotated[float, typer.Option(min=0.01, help="Messages a second.")] = 1,
    minutes: Annotated[float, typer.Option(min=0.01, help="How long they are sent.")] = 1,
    citizens: Annotated[
        int, typer.Option(min=0, help="So many phones; 0: twice as many as the rate needs.")
    ] = 0,
    ramp: Annotated[
        float,
        typer.Option(min=0, help="Seconds in which the rate rises; their times do not count."),
    ] = 5,
    burst: Annotated[
        float,
        typer.Option(min=1, help="So many times the rate in the last ten seconds of a minute."),
    ] = 1,
    languages: Annotated[
        str, typer.Option(help="Some of te,te-Latn,hi,hi-Latn,en, commas between; without: all.")
    ] = "",
    webhook: Annotated[
        str, typer.Option(help="Address of the webhook; without: that of SEVA_SERVE_PORT here.")
    ] = "",
    listen: Annotated[
        str, typer.Option(metavar="HOST:PORT", help="Where SEVA_WHATSAPP_BASE_URL leads to.")
    ] = "127.0.0.1:8786",
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds after which what is not answered is lost.")
    ] = 60,
    seed: Annotated[int, typer.Option(help="The same seed says the same things.")] = 1,
    page: Annotated[Path, typer.Option(help="The page with the plots.")] = Path("load.html"),
    no_real_citizens: Annotated[
        bool,
        typer.Option(
            "--no-real-citizens",
            help="I know that no real citizen is served there, though it looks so.",
        ),
    ] = False,
    json_output: Json = False,
) -> None:
    """Put load on a deployment. Citizens from the catalogue write to it; a page shows its latency.

    Start the deployment with SEVA_WHATSAPP_BASE_URL=http://127.0.0.1:8786, where its replies are
    read. Exit code 1 where a message was refused, lost, doubled or out of order.
    """
    from nlu.settings import Settings, WrongEnvironment

    try:
        settings = Settings.read()
    except WrongEnvironment as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    host, _, port = listen.rpartition(":")
    if not host or not port.isdecimal():
        typer.echo("--listen is HOST:PORT, as 127.0.0.1:8786", err=True)
        raise typer.Exit(2)
    from api.load.command import load_command
    from api.load.plan import Plan

    keys = tuple(key.strip() for key in languages.split(",") if key.strip())
    plan = Plan(rate, citizens, 60 * minutes, ramp, burst, keys, patience, seed)
    finish(
        load_command(
            settings,
            plan,
            webhook=webhook,
            host=host.strip("[]"),
            port=int(port),
            page=page,
            no_real_citizens=no_real_citizens,
            as_json=json_output,
        )
    )
