"""Where the console is measured: its process, the action server, and a database of its own."""

from __future__ import annotations

import os
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pyotp

from api.console.accounts import Account, Accounts
from api.console.schema import FILE, TABLES
from api.console.sessions import Sessions
from benchmarks.machine import free_port
from benchmarks.upheaval import database
from benchmarks.upheaval.behind import action_servers
from benchmarks.upheaval.place import database_servers, models_folder
from benchmarks.upheaval.supervisor import Process, Supervisor
from nlu.settings.settings import ConsoleSettings
from nlu.storage.tables import open_tables

ENGINES = ("sqlite", "postgres")
_PAUSE_S, _HOURS = 1.0, 3600.0


@dataclass(frozen=True)
class Person:
    """An account, and the cookie of a session of it."""

    account: Account
    cookie: str
    session: str


@dataclass
class Workbench:
    """Processes that are to run; `environment` is theirs, and that of this process."""

    folder: Path
    environment: dict[str, str]
    supervisor: Supervisor

    @property
    def settings(self) -> ConsoleSettings:
        """As the console reads them."""
        return ConsoleSettings.read()

    @property
    def address(self) -> str:
        """Of the pages."""
        return self.settings.console_address

    def invitation(self, name: str) -> str:
        """The token of an invitation that nobody has used."""
        engine = open_tables(self.settings.table_url(FILE), TABLES)
        token = Accounts(engine).invite(name, ["reader"], (), 1)
        engine.dispose()
        return token

    def person(self, name: str, roles: Sequence[str], departments: Sequence[str] = ()) -> Person:
        """Somebody who is signed in."""
        settings = self.settings
        engine = open_tables(settings.table_url(FILE), TABLES)
        accounts = Accounts(engine)
        invitation = accounts.invitation(token := accounts.invite(name, roles, departments, 1))
        assert invitation is not None
        code = pyotp.TOTP(invitation.secret).now()
        account = accounts.accept(token, secrets.token_urlsafe(24), code, "en")
        sessions = Sessions(engine, accounts, idle_s=8 * _HOURS, longest_s=12 * _HOURS)
        found = Person(account, "seva_console", sessions.begin(account))
        engine.dispose()
        return found


@asynccontextmanager
async def workbench(
    folder: Path, engine: str, data: Path | None = None, models: Path | None = None
) -> AsyncIterator[Workbench]:
    """A database that runs, and processes that do not yet: what lies in the tables is made first.
    Raises RuntimeError."""
    var = folder / "var"
    var.mkdir(parents=True, exist_ok=True)
    environment = {
        "SEVA_VAR_DIR": str(var),
        "SEVA_MODELS_DIR": str(models or models_folder()),
        "SEVA_CONSOLE_PORT": str(free_port()),
        "SEVA_ACTION_SERVER_URL": "unix",
        "SEVA_ACTIONS_METRICS_PORT": "0",
        "SEVA_CALLBACKS_PORT": "0",
        "SEVA_LOG_LEVEL": "warning",
    }
    if data is not None:
        environment["SEVA_DATA_DIR"] = str(data)
    servers = database_servers(folder, "postgres" if engine == "postgres" else "sqlite")
    if servers:
        environment["SEVA_DATABASE_URL"] = database.url([node for _, node in servers])
    before = dict(os.environ)
    os.environ.update(environment)
    console = f"http://127.0.0.1:{environment['SEVA_CONSOLE_PORT']}/health"
    rest = [
        *action_servers(folder, 1, environment),
        Process("console", ("benchmarks.workbench.measured",), console),
    ]
    first = Supervisor([process for process, _ in servers], folder / "logs", _PAUSE_S)
    later = Supervisor(rest, folder / "logs", _PAUSE_S)
    for process in (*(one for one, _ in servers), *rest):
        process.environment = environment
    try:
        await first.start()
        yield Workbench(folder, environment, later)
    finally:
        await later.stop()
        await first.stop()
        os.environ.clear()
        os.environ.update(before)
