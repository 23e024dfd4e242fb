"""`seva console`: pages for the people behind the bot, and the accounts that open them."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated

import typer

from nlu.commands.options import Json, address, begin, finish

app = typer.Typer(
    name="console",
    help="Pages for the people behind the bot. Without a command: serve them.",
    rich_markup_mode=None,
)
_HOST, _PORT = address("CONSOLE", 8792)
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name of the account.")]


@app.callback(invoke_without_command=True)
def serve(
    context: typer.Context,
    host: Annotated[str | None, _HOST] = None,
    port: Annotated[int | None, _PORT] = None,
) -> None:
    """Serve the pages. Until Ctrl-C or SIGTERM."""
    if context.invoked_subcommand is not None:
        return
    from nlu.settings.settings import ConsoleSettings

    settings = begin(ConsoleSettings).but({"console_host": host, "console_port": port})
    from api.console.process import console_command

    finish(console_command(settings))


@app.command()
def invite(
    name: Name,
    role: Annotated[
        list[str] | None,
        typer.Option(help="reader, annotator, editor, releaser, officer or auditor; repeatable."),
    ] = None,
    department: Annotated[
        list[str] | None,
        typer.Option(help="Department of an officer, by its id in the catalogue; repeatable."),
    ] = None,
    email: Annotated[
        str | None,
        typer.Option(help="Of who signs in by OpenID (SEVA_CONSOLE_OIDC_ISSUER), not by password."),
    ] = None,
    days: Annotated[float, typer.Option(min=0.01, help="How long the link works.")] = 2,
) -> None:
    """Invite somebody. Prints a link that works once: send it to them alone."""
    from nlu.settings.settings import ConsoleSettings

    settings = begin(ConsoleSettings)
    from api.console.process import invite_command

    finish(invite_command(settings, name, role or [], department or [], days, email))


@app.command()
def accounts(json_output: Json = False) -> None:
    """List the accounts. With roles and departments; closed ones too."""
    from nlu.settings.settings import ConsoleSettings

    settings = begin(ConsoleSettings)
    from api.console.process import open_accounts

    found = open_accounts(settings).all()
    if json_output:
        print(json.dumps([vars(one) for one in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        state = "closed" if one.closed_at else "open"
        departments = f"  ({', '.join(one.departments)})" if one.departments else ""
        print(f"{one.name}  {state}  {', '.join(one.roles)}{departments}")
    if not found:
        print("No account yet: seva console invite NAME --role ROLE")


@app.command()
def close(name: Name) -> None:
    """Close an account. Who is signed in with it is out at once; it is never opened again."""
    from nlu.settings.settings import ConsoleSettings

    settings = begin(ConsoleSettings)
    from api.console.process import close_command

    finish(close_command(settings, name))


@app.command()
def audit() -> None:
    """Hold what was done against the public log. Exit code 1 where a row was changed or deleted."""
    from nlu.settings.settings import ConsoleSettings

    settings = begin(ConsoleSettings)
    from api.console.process import audit_command

    finish(asyncio.run(audit_command(settings)))
