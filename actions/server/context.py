"""What every action needs: the catalogue, the dialogue's settings and the department connectors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from actions.citizens.effects import Stores
from actions.citizens.handover import FILE as HANDOVERS
from actions.citizens.handover import Handovers
from actions.citizens.profile import FILE as PROFILES
from actions.citizens.profile import Profiles
from actions.departments import DepartmentDirectory, OperationResult, Origin
from actions.departments.gate import Gate
from actions.departments.journal import Journal
from actions.departments.misses import Misses
from actions.dialogue.form import Form
from actions.dialogue.settings import DialogueSettings, load_settings
from actions.documents.department_issuer import DepartmentIssuer
from actions.grievances.suggestions import suggestions
from actions.news.client import NoticesClient
from actions.news.meanwhile import Meanwhile
from actions.payments.cashier import Cashier
from actions.payments.gateways import load_gateways
from actions.payments.ledger import Ledger
from nlu.catalogue import Catalogue, shared_catalogue
from nlu.log import describe
from nlu.paths import data_folder, var_folder
from nlu.settings.settings import ActionsSettings
from nlu.storage.keys import check_keys


@dataclass(frozen=True)
class Context:
    """Loaded once per action server."""

    catalogue: Catalogue
    settings: DialogueSettings
    departments: DepartmentDirectory
    zone: ZoneInfo
    stores: Stores
    cashier: Cashier
    notices: NoticesClient
    misses: Misses

    def form(self) -> Form:
        """The generic form, as of today where the citizens live."""
        return Form(self.catalogue, self.settings, self.today(), suggestions(self.catalogue))

    def today(self) -> date:
        """Today in the state's time zone."""
        return datetime.now(self.zone).date()

    async def health(self) -> dict[str, str]:
        """What keeps actions from being done, by store; empty if nothing does. Each is asked for a
        row that nobody has: that reads its file, and needs the sealing key."""
        reads: dict[str, Callable[[], object]] = {
            "profiles": lambda: self.stores.profiles.of(""),
            "handovers": lambda: self.stores.handovers.is_closed(""),
            "journal": lambda: self.departments.journal.find("", ""),
            "payments": lambda: self.cashier.lifecycle.ledger.find(""),
        }

        def trouble(read: Callable[[], object]) -> str:
            try:
                read()
            except Exception as error:
                return describe(error)
            return ""

        found = {name: await asyncio.to_thread(trouble, read) for name, read in reads.items()}
        return {name: what for name, what in found.items() if what}

    async def execute(
        self,
        citizen: str,
        turn: str,
        department: str,
        operation: str,
        values: Mapping[str, str],
        request_id: str,
        language: str,
        origin: Origin,
        code: str | None = None,
    ) -> OperationResult:
        """One call of a department, to answer the message `turn`. `request_id` is the same for
        each try of one request, `origin` is kept for an answer that comes later, `code` is the
        one-time code in that message."""
        gate = Gate(self.departments, self.misses, self.cashier.checkout.execute)
        call = gate.execute(
            department,
            operation,
            values,
            citizen=citizen,
            request_id=f"{request_id}-{operation}",
            language=language,
            origin=origin,
            code=code,
        )
        meanwhile = Meanwhile(self.catalogue, self.notices, self.settings.working_seconds)
        return await meanwhile.told(
            call, citizen=citizen, turn=turn, service=origin.service, language=language
        )

    async def aclose(self) -> None:
        """Closes the connections to Seva's own server, gateways and departments."""
        await self.notices.close()
        await self.cashier.aclose()
        await self.departments.aclose()


@lru_cache(maxsize=1)
def context() -> Context:
    """The context of SEVA_DATA_DIR (default `data/`). Raises ValueError with the name of a variable
    that is wrong."""
    server = ActionsSettings.read()
    check_keys()
    folder = data_folder()
    catalogue = shared_catalogue(folder)
    settings = load_settings(folder)
    press = DepartmentIssuer.from_environment()
    departments = DepartmentDirectory.of(catalogue, journal=Journal.from_environment(), issue=press)
    gateways = DepartmentDirectory(load_gateways(folder / "gateways"), journal=departments.journal)
    return Context(
        catalogue,
        settings,
        departments,
        server.zone,
        Stores(
            Profiles(var_folder() / PROFILES, settings.remembered_values),
            Handovers(var_folder() / HANDOVERS),
        ),
        Cashier.of(catalogue, departments, gateways, Ledger.from_environment(), press),
        NoticesClient(server.notices_address, server.notices_key),
        Misses.from_environment(),
    )
