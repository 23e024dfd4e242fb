"""What `seva console` and its commands run."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress

import uvicorn

from api.console.accounts import Accounts
from api.console.action_server import ActionServer, ServerAway
from api.console.app import create_app
from api.console.areas import AREAS
from api.console.audit import Audit, contradictions, publish
from api.console.roles import check_roles
from api.console.runtime import Console
from api.console.schema import FILE, TABLES
from api.processes import check_free
from nlu.action_address import GENERAL
from nlu.catalogue.departments import department_ids
from nlu.log import configure_logging, describe, get_logger
from nlu.settings.settings import ConsoleSettings
from nlu.storage.keys import check_keys
from nlu.storage.tables import open_tables

log = get_logger(__name__)


def console_command(settings: ConsoleSettings) -> int:
    """Serves the pages until SIGTERM or Ctrl-C; the exit code."""
    configure_logging(settings.log_level)
    host, port = settings.console_host, settings.console_port
    try:
        check_keys()
        check_free(host, port)
        console = Console.open(settings, AREAS)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        print(f"cannot listen on {host}:{port} ({why}): set SEVA_CONSOLE_PORT", file=sys.stderr)
        return 1
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    config = uvicorn.Config(
        create_app(console),
        host=host,
        port=port,
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    threading.Thread(target=_prepare, args=(console,), daemon=True).start()
    with suppress(KeyboardInterrupt):
        server.run()
    return 0 if server.started else 1


def _prepare(console: Console) -> None:
    """Begins what first pages would wait for, while the server starts."""
    for area in console.pages.areas:
        try:
            if area.prepare is not None:
                area.prepare(console)
        except Exception as error:  # the page itself tells what is wrong
            log.warning("area_not_prepared", area=area.name, error=describe(error))


def open_accounts(settings: ConsoleSettings) -> Accounts:
    """The accounts, for commands. Raises ValueError."""
    return Accounts(open_tables(settings.table_url(FILE), TABLES))


def invite_command(
    settings: ConsoleSettings,
    name: str,
    roles: Sequence[str],
    departments: Sequence[str],
    days: float,
    email: str | None = None,
) -> int:
    """Prints the link of an invitation."""
    try:
        check_keys()
        check_roles(roles, departments, (*department_ids(settings.data_dir), GENERAL))
        if email and not settings.console_oidc_issuer:
            raise ValueError("who comes by --email needs a provider: set SEVA_CONSOLE_OIDC_ISSUER")
        token = open_accounts(settings).invite(name, roles, departments, days, email)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    _keep(settings, "account.invite", {"name": name, "roles": list(roles)})
    where = "sign-in" if email else f"invitation/{token}"
    print(f"{settings.console_address}/{where}")
    return 0


def close_command(settings: ConsoleSettings, name: str) -> int:
    """Closes an account."""
    try:
        account = open_accounts(settings).close(name)
    except KeyError:
        print(f"there is no account {name!r}: seva console accounts", file=sys.stderr)
        return 1
    _keep(settings, "account.close", {"name": account.name})
    print(f"{account.name} is closed")
    return 0


async def audit_command(settings: ConsoleSettings) -> int:
    """Prints what contradicts the log; the exit code."""
    audit = Audit(open_tables(settings.table_url(FILE), TABLES))
    server = ActionServer(settings.action_address, settings.actions_secret)
    try:
        await publish(audit, server)
        wrong = await contradictions(audit, server)
    except ServerAway:
        print(f"{settings.action_address} does not answer: is `seva actions` up?", file=sys.stderr)
        return 1
    finally:
        await server.close()
    for line in wrong:
        print(line)
    if not wrong:
        print(f"{len(audit.all())} rows, nothing contradicts the log")
    return 1 if wrong else 0


def _keep(settings: ConsoleSettings, act: str, about: dict[str, object]) -> None:
    """What an operator did in the terminal is in the audit, too."""
    Audit(open_tables(settings.table_url(FILE), TABLES)).keep("(operator)", act, about)
