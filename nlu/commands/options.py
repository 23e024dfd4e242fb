"""What commands have in common: options, how they begin, how they end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, NoReturn, TypeVar

import typer

if TYPE_CHECKING:
    from nlu.settings.process import ProcessSettings

P = TypeVar("P", bound="ProcessSettings")
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


def begin(kind: type[P]) -> P:
    """The settings of a process that starts, all checked. Ends it with exit code 1 and a line for
    each fault where something is wrong."""
    from nlu.settings import WrongEnvironment, read_settings

    try:
        return read_settings(kind)
    except WrongEnvironment as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None


def finish(code: int | None) -> NoReturn:
    """Ends the command with the exit code of its body; None is success."""
    raise typer.Exit(code or 0)


def address(process: str, port: int) -> tuple[typer.models.OptionInfo, typer.models.OptionInfo]:
    """Options for host and port that win over the settings. Those are read by `begin`, not by
    typer, which would stop at the first that is wrong."""
    return (
        typer.Option(help=f"Address to listen on, for SEVA_{process}_HOST (127.0.0.1)."),
        typer.Option(help=f"Port to listen on, for SEVA_{process}_PORT ({port})."),
    )
