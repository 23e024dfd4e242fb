"""Commands that run a process until Ctrl-C or SIGTERM. Ports are those of `api.settings`."""

from __future__ import annotations

from typing import Annotated

import typer

from nlu.cli_models import finish

_HOST = "127.0.0.1"


def _address(process: str) -> tuple[typer.models.OptionInfo, typer.models.OptionInfo]:
    return (
        typer.Option(envvar=f"SEVA_{process}_HOST", help="Address to listen on."),
        typer.Option(envvar=f"SEVA_{process}_PORT", help="Port to listen on."),
    )


_SERVE = _address("SERVE")
_SANDBOX, _SIMULATOR = _address("SANDBOX"), _address("SIMULATOR")


def serve(
    host: Annotated[str, _SERVE[0]] = _HOST,
    port: Annotated[int, _SERVE[1]] = 8780,
    processes: Annotated[
        int,
        typer.Option(
            min=0, envvar="SEVA_PROCESSES", help="Processes on that port; 0 means one per core."
        ),
    ] = 0,
) -> None:
    """Serve HTTP. /parse, the WhatsApp webhook, console, health and metrics."""
    from api.cli import serve_command

    finish(serve_command(host, port, processes))


def worker() -> None:
    """Answer messages. Takes them from the inbox, runs the dialogue, sends the replies."""
    from api.cli import worker_command

    finish(worker_command())


def actions(
    port: Annotated[
        int | None,
        typer.Option(help="Port of this machine, instead of where SEVA_ACTION_SERVER_URL says."),
    ] = None,
) -> None:
    """Run the action server. Forms, questions and calls to departments."""
    from actions.server import actions_command

    finish(actions_command(port))


def sandbox(
    host: Annotated[str, _SANDBOX[0]] = _HOST, port: Annotated[int, _SANDBOX[1]] = 8790
) -> None:
    """Run the sandbox departments. With a payment gateway, for demos and tests."""
    from actions.sandbox.server import sandbox_command

    sandbox_command(host, port)


def simulator(
    host: Annotated[str, _SIMULATOR[0]] = _HOST, port: Annotated[int, _SIMULATOR[1]] = 8785
) -> None:
    """Run the WhatsApp simulator. It has a chat page for the browser."""
    from api.whatsapp.simulator.server import simulator_command

    simulator_command(host, port)


def demo(
    smoke: Annotated[
        bool, typer.Option("--smoke", help="One turn per language and one voice turn, then stop.")
    ] = False,
) -> None:
    """Run everything. Embedded defaults; prints the chat page's address."""
    from api.demo import demo_command

    finish(demo_command(smoke))
