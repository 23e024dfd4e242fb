"""`seva serve`, `seva worker` and `seva shadow` run until Ctrl-C or SIGTERM; `seva status`,
`seva doctor` and `seva load` look at them and the others, `seva migrate` changes their tables,
`seva backup` and `seva restore` keep what they wrote.
"""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from api.commands.load import load
from nlu.commands.backup import app as backup
from nlu.commands.backup import restore
from nlu.commands.doctor import doctor
from nlu.commands.migrate import app as migrate
from nlu.commands.options import Json, address, begin, finish

app = typer.Typer(rich_markup_mode=None)
_HOST, _PORT = address("SERVE", 8780)


@app.command()
def serve(
    host: Annotated[str | None, _HOST] = None,
    port: Annotated[int | None, _PORT] = None,
    processes: Annotated[
        int | None,
        typer.Option(
            min=0, help="Processes on that port, for SEVA_PROCESSES; 0 means one per core."
        ),
    ] = None,
) -> None:
    """Serve HTTP. /parse, the WhatsApp webhook; news, health and metrics inside."""
    from nlu.settings.settings import ServeSettings

    settings = begin(ServeSettings)
    from api.roles import serve_command

    finish(serve_command(settings, host, port, processes))


class Only(str, Enum):
    """Kinds of messages that need workers of different sizes."""

    voice = "voice"
    text = "text"


@app.command()
def worker(
    only: Annotated[
        Only | None,
        typer.Option(help="Take voice notes only, or all but these, for SEVA_WORKER_ONLY."),
    ] = None,
) -> None:
    """Answer messages. Takes them from the inbox, runs the dialogue, sends the replies."""
    from nlu.settings.settings import WorkerSettings

    settings = begin(WorkerSettings).but({"worker_only": only.value if only else None})
    from api.roles import worker_command

    finish(worker_command(settings))


@app.command()
def shadow() -> None:
    """Try a candidate. It understands a share of the live messages, and answers nobody.

    Set the candidate on the page Models, and the share by SEVA_SHADOW_PERCENT.
    """
    from nlu.settings.settings import ShadowSettings

    settings = begin(ShadowSettings)
    from api.shadow.process import shadow_command

    finish(shadow_command(settings))


@app.command()
def status(
    role: Annotated[
        list[str] | None,
        typer.Option(help="serve, worker, actions or documents; may be repeated. Without: all."),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Once; exit code 1 where a role is not ready.")
    ] = False,
    every: Annotated[float, typer.Option(min=0.1, help="Seconds between two looks.")] = 2,
    json_output: Json = False,
) -> None:
    """Watch the roles of this machine. Readiness, model, lag, speed, memory, until Ctrl-C."""
    from nlu.settings import Settings, WrongEnvironment

    try:
        settings = Settings.read()
    except WrongEnvironment as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
    from api.status.command import status_command

    finish(status_command(settings, role or [], once=once, every=every, as_json=json_output))


app.command()(doctor)
app.command()(load)
app.add_typer(migrate)
app.add_typer(backup)
app.command()(restore)
