"""Dialogue, payments, connectors and sandbox in one process: all but Rasa and the wire."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx

from actions.citizens import requests
from actions.departments import DepartmentDirectory, OperationResult, Origin, define_all
from actions.departments.journal import Journal
from actions.dialogue.form import Form
from actions.dialogue.settings import load_settings
from actions.dialogue.state import State
from actions.documents.department_issuer import DepartmentIssuer
from actions.documents.issuer import Issuer
from actions.documents.settings import DOCUMENTS_URL, FOLDER
from actions.grievances.suggestions import suggestions
from actions.payments.cashier import Cashier
from actions.payments.gateways import load_gateways
from actions.payments.ledger import Ledger
from actions.sandbox.server import create_app
from tests.dialogue.talk import Department, Talk
from tests.payments.world import at_once
from tests.processes import OWNERS, PHONE, ROOT
from tests.services.walk import CATALOGUE

HERE = "http://localhost"


@dataclass
class Real(Department):
    """Calls of one citizen's talk, done by the connectors of a town."""

    town: Town = field(kw_only=True)
    citizen: str = field(kw_only=True)

    async def execute(
        self,
        department: str,
        operation: str,
        values: Mapping[str, str],
        request_id: str,
        language: str,
        origin: Origin,
        code: str | None,
    ) -> OperationResult:
        """As the action server does it."""
        return await self.town.cashier.checkout.execute(
            department,
            operation,
            values,
            citizen=self.citizen,
            request_id=f"{request_id}-{operation}",
            language=language,
            origin=replace(origin, phone=PHONE),
            code=code,
        )


class Town:
    """One sandbox and the connectors to it; `close` it at the end."""

    def __init__(self, folder: Path) -> None:
        self.loop, self._messages = asyncio.new_event_loop(), itertools.count(100, 100)
        app = create_app(folder / "sandbox.sqlite", owners=OWNERS)
        self._wire = httpx.ASGITransport(app=app)
        self.journal = journal = Journal(f"sqlite:///{folder / 'journal.sqlite'}")
        press = DepartmentIssuer(folder / FOLDER, DOCUMENTS_URL)
        keys = Issuer.open(folder / FOLDER, DOCUMENTS_URL, make_keys=True).keys
        for department in CATALOGUE.departments:
            keys.signing_key(department, int(time.time()), make=True)
        departments, gateways = (
            DepartmentDirectory(at_once(found), self._wire, journal, press)
            for found in (
                define_all(CATALOGUE.departments, {}),
                load_gateways(ROOT / "data/gateways", {}),
            )
        )
        ledger = Ledger(f"sqlite:///{folder / 'journal.sqlite'}")
        self.cashier = Cashier.of(CATALOGUE, departments, gateways, ledger, press)
        self._departments = departments
        self._form = Form(
            CATALOGUE, load_settings(ROOT / "data"), date.today(), suggestions(CATALOGUE)
        )

    def talk(self, name: str, language: str) -> Talk:
        """A conversation in a language with a citizen whose number is on record. Its messages have
        ids of their own: a request is known by that of its first one."""
        citizen = f"{name}:{PHONE}"
        talk = Talk(self._form, Real(town=self, citizen=citizen), citizen=citizen)
        talk.state = State(language=language, language_fixed=True)
        talk.turns = next(self._messages)
        return talk

    def remembers(self, talk: Talk) -> None:
        """The citizen's numbers are known from here on, as the action server knows them."""
        zone = ZoneInfo("Asia/Kolkata")
        talk.memory = requests.memory(self.journal, CATALOGUE, talk.citizen, PHONE, zone, 9)

    def run(self, work: Any) -> Any:
        """Waits in the town's own loop."""
        return self.loop.run_until_complete(work)

    def reset(self, department: str) -> None:
        """The department as on its first day, if it has computers."""
        if CATALOGUE.departments[department].called:
            self.fetch(f"/__reset/{department}", "POST")

    def fetch(self, path: str, method: str = "GET") -> httpx.Response:
        """An answer of the sandbox."""

        async def sent() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._wire, base_url=HERE) as client:
                return (await client.request(method, path)).raise_for_status()

        answer: httpx.Response = self.run(sent())
        return answer

    def close(self) -> None:
        """Ends the connections."""
        self.run(self.cashier.aclose())
        self.run(self._departments.aclose())
        self.loop.close()
