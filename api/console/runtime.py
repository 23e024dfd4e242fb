"""What the pages work with, for all the life of the process."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from api.console.accounts import Accounts
from api.console.action_server import ActionServer
from api.console.area import Area
from api.console.audit import Audit
from api.console.oidc import Provider
from api.console.pages import Pages
from api.console.schema import FILE, TABLES
from api.console.sessions import Sessions
from nlu.settings.settings import ConsoleSettings
from nlu.storage.tables import open_tables

_HOUR, _MINUTE = 3600.0, 60.0


@dataclass
class Console:
    """Settings, stores and pages."""

    settings: ConsoleSettings
    engine: sa.engine.Engine
    accounts: Accounts
    sessions: Sessions
    audit: Audit
    server: ActionServer
    pages: Pages
    provider: Provider | None = None
    """Where others' accounts sign in; None: nowhere."""
    clock: Callable[[], float] = time.time

    @classmethod
    def open(
        cls,
        settings: ConsoleSettings,
        areas: Sequence[Area],
        clock: Callable[[], float] = time.time,
    ) -> Console:
        """Opens the tables. Raises ValueError, OSError, MissingWords."""
        engine = open_tables(settings.table_url(FILE), TABLES)
        accounts = Accounts(engine, clock)
        return cls(
            settings,
            engine,
            accounts,
            Sessions(
                engine,
                accounts,
                idle_s=settings.console_idle_minutes * _MINUTE,
                longest_s=settings.console_session_hours * _HOUR,
                clock=clock,
            ),
            Audit(engine, clock),
            ActionServer(settings.action_address, settings.actions_secret),
            Pages(areas, settings.zone),
            Provider.of(settings),
            clock,
        )

    @property
    def is_secure(self) -> bool:
        """Whether browsers come by https, so that cookies go nowhere else."""
        return self.settings.console_address.startswith("https:")

    @property
    def cookie(self) -> str:
        """The name of the session's cookie; with `__Host-` no other host can set it."""
        return "__Host-seva_console" if self.is_secure else "seva_console"
