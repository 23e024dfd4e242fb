"""Commands that run a process until Ctrl-C or SIGTERM."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from nlu.cli_models import finish

if TYPE_CHECKING:
    from nlu.settings.environment import Role
    from nlu.settings.settings import Settings


def begin(role: Role) -> Settings:
    """The settings of a process that starts, all checked. Ends it with exit code 1 and a line for
    each fault where something is wrong."""
    from nlu.settings.environment import WrongEnvironment, read_settings

    try:
        return read_settings(role)
    except WrongEnvironment as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def _address(process: str, port: int) -> tuple[typer.models.OptionInfo, typer.models.OptionInfo]:
    """Options that win over the settings. Those are read by `begin`, not by typer, which would
    stop at the first that is wrong."""
    return (
        typer.Option(help=f"Address to listen on, for SEVA_{process}_HOST (127.0.0.1)."),
        typer.Option(help=f"Port to listen on, for SEVA_{process}_PORT ({port})."),
    )


_SERVE = _address("SERVE", 8780)
_SANDBOX, _SIMULATOR = _address("SANDBOX", 8790), _address("SIMULATOR", 8785)


def serve(
    host: Annotated[str | None, _SERVE[0]] = None,
    port: Annotated[int | None, _SERVE[1]] = None,
    processes: Annotated[
        int | None,
        typer.Option(
            min=0, help="Processes on that port, for SEVA_PROCESSES; 0 means one per core."
        ),
    ] = None,
) -> None:
    """Serve HTTP. /parse, the WhatsApp webhook; news, health and metrics inside."""
    settings = begin("serve")
    from api.cli import serve_command

    finish(serve_command(settings, host, port, processes))


def worker() -> None:
    """Answer messages. Takes them from the inbox, runs the dialogue, sends the replies."""
    settings = begin("worker")
    from api.cli import worker_command

    finish(worker_command(settings))


def actions(
    port: Annotated[
        int | None,
        typer.Option(help="Port of this machine, instead of where SEVA_ACTION_SERVER_URL says."),
    ] = None,
) -> None:
    """Run the action server. Forms, questions and calls to departments."""
    begin("actions")
    from actions.server import actions_command

    finish(actions_command(port))


def sandbox(
    host: Annotated[str | None, _SANDBOX[0]] = None,
    port: Annotated[int | None, _SANDBOX[1]] = None,
) -> None:
    """Run the sandbox departments. With a payment gateway, for demos and tests."""
    settings = begin("sandbox")
    from actions.sandbox.server import sandbox_command

    sandbox_command(host or settings.sandbox_host, port or settings.sandbox_port)


def simulator(
    host: Annotated[str | None, _SIMULATOR[0]] = None,
    port: Annotated[int | None, _SIMULATOR[1]] = None,
) -> None:
    """Run the WhatsApp simulator. It has a chat page for the browser."""
    settings = begin("simulator")
    from api.whatsapp.simulator.server import simulator_command

    simulator_command(host or settings.simulator_host, port or settings.simulator_port)


def demo(
    smoke: Annotated[
        bool, typer.Option("--smoke", help="One turn per language and one voice turn, then stop.")
    ] = False,
) -> None:
    """Run everything. Embedded defaults; prints the chat page's address."""
    settings = begin("demo")
    from api.demo import demo_command

    finish(demo_command(settings, smoke))
