"""What every action needs: the catalogue, the dialogue's settings and the department connectors."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from actions.citizens import requests
from actions.citizens.counted import count_answer, count_wait
from actions.citizens.effects import Stores
from actions.citizens.handover import FILE as HANDOVERS
from actions.citizens.handover import Handovers
from actions.citizens.profile import FILE as PROFILES
from actions.citizens.profile import Profiles
from actions.citizens.usage import FILE as USAGE
from actions.citizens.usage import Usage
from actions.departments import Connector, DepartmentDirectory, OperationResult, Origin
from actions.departments.directory import Connections
from actions.departments.gate import Gate
from actions.departments.journal import Journal
from actions.departments.misses import Misses
from actions.desk.place import Desk
from actions.dialogue.form import Form
from actions.dialogue.settings import DialogueSettings, load_settings
from actions.dialogue.state import Memory
from actions.documents.department_issuer import DepartmentIssuer
from actions.grievances.suggestions import suggestions
from actions.news.client import NoticesClient
from actions.news.meanwhile import Meanwhile
from actions.payments.cashier import Cashier
from actions.payments.gateways import load_gateways
from actions.payments.ledger import Ledger
from nlu.catalogue import Catalogue, shared_catalogue
from nlu.daily_counts import FILE as COUNTS
from nlu.daily_counts import DailyCounts, Tally
from nlu.log import describe
from nlu.paths import models_folder, read_from, reading
from nlu.registry import AS_IT_IS, Release, live_release
from nlu.settings.settings import ActionsSettings
from nlu.shared_models import follow
from nlu.storage.keys import check_keys


@dataclass(frozen=True)
class Resources:
    """What an action server keeps for all its life, whatever release it works with."""

    zone: ZoneInfo
    stores: Stores
    journal: Journal
    ledger: Ledger
    misses: Misses
    notices: NoticesClient
    press: DepartmentIssuer
    tally: Tally
    connections: Connections = field(default_factory=Connections)
    ask_if_right_percent: float = 0.0

    @classmethod
    def from_environment(cls, remembered_values: int) -> Resources:
        """Raises ValueError with the name of a variable that is wrong."""
        server = ActionsSettings.read()
        check_keys()
        journal = Journal.from_environment()
        return cls(
            server.zone,
            Stores(
                Profiles(server.table_url(PROFILES), remembered_values),
                Handovers(server.table_url(HANDOVERS)),
                Usage(server.table_url(USAGE)),
                journal,
            ),
            journal,
            Ledger.from_environment(),
            Misses.from_environment(),
            NoticesClient(server.notices_address, server.notices_key),
            DepartmentIssuer.from_environment(),
            Tally(lambda: DailyCounts(server.table_url(COUNTS)), server.zone),
            ask_if_right_percent=server.ask_if_right_percent,
        )


@dataclass(frozen=True)
class Context:
    """One release as the action server has loaded it, with the server's resources."""

    release: Release
    catalogue: Catalogue
    settings: DialogueSettings
    departments: DepartmentDirectory
    cashier: Cashier
    resources: Resources

    @classmethod
    def of(cls, release: Release, resources: Resources | None = None) -> Context:
        """With resources of its own where none are given. Raises ReleaseRefused, FileNotFoundError,
        CatalogueError, and ValueError for anything else that is wrong."""
        if release.id != AS_IT_IS:
            release.check_words()
        catalogue, settings = shared_catalogue(release.data), load_settings(release.data)
        here = resources or Resources.from_environment(settings.remembered_values)
        departments = DepartmentDirectory.of(
            catalogue, None, here.journal, here.press, here.connections
        )
        gateways = DepartmentDirectory(
            load_gateways(release.data / "gateways"),
            journal=here.journal,
            connections=here.connections,
        )
        cashier = Cashier.of(catalogue, departments, gateways, here.ledger, here.press)
        return cls(release, catalogue, settings, departments, cashier, here)

    @property
    def stores(self) -> Stores:
        """What is kept of citizens."""
        return self.resources.stores

    @property
    def notices(self) -> NoticesClient:
        """The way to the outbox."""
        return self.resources.notices

    @property
    def desk(self) -> Desk:
        """What officers work with."""
        notices = self.notices
        kept = self.catalogue, self.stores.handovers
        waited = partial(count_wait, self.resources.tally, self.catalogue)
        registered = partial(requests.registered, self.resources.journal)
        return Desk(*kept, notices, notices.language_of, self.resources.zone, waited, registered)

    @property
    def misses(self) -> Misses:
        """Who may be guessing."""
        return self.resources.misses

    def connectors(self) -> list[Connector]:
        """Those of departments and gateways that this release has used."""
        gateways = self.cashier.lifecycle.gateways.directory
        return [*self.departments.opened, *gateways.opened]

    def memory(self, citizen: str, phone: str) -> Memory:
        """What is known of who writes, beside the conversation and the profile."""
        here, most = self.resources, self.settings.recalled_numbers
        return requests.memory(here.journal, self.catalogue, citizen, phone, here.zone, most)

    def form(self) -> Form:
        """The generic form, as of today where the citizens live."""
        welcome, usage = self.settings.welcome, self.stores.usage
        return Form(
            self.catalogue,
            self.settings,
            self.today(),
            suggestions(self.catalogue),
            lambda: usage.most(welcome.days, welcome.least),
        )

    def today(self) -> date:
        """Today in the state's time zone."""
        return datetime.now(self.resources.zone).date()

    async def health(self) -> dict[str, str]:
        """What keeps actions from being done, by store; empty if nothing does. Each is asked for a
        row that nobody has: that reads its file, and needs the sealing key."""
        reads: dict[str, Callable[[], object]] = {
            "profiles": lambda: self.stores.profiles.of(""),
            "handovers": lambda: self.stores.handovers.is_closed(""),
            "usage": lambda: self.stores.usage.most(1, 1),
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
            request_id=key_of(request_id, operation),
            language=language,
            origin=origin,
            code=code,
        )
        meanwhile = Meanwhile(self.catalogue, self.notices, self.settings.working_seconds)
        result = await meanwhile.told(
            call, citizen=citizen, turn=turn, service=origin.service, language=language
        )
        count_answer(self.resources.tally, department, origin.service, result)
        return result

    async def aclose(self) -> None:
        """Closes the connections to Seva's own server, gateways and departments."""
        await self.notices.close()
        await self.cashier.aclose()
        await self.departments.aclose()


def key_of(request_id: str, operation: str) -> str:
    """The Idempotency-Key of an operation of a request."""
    return f"{request_id}-{operation}"


_OF_THIS_TURN: ContextVar[Context | None] = ContextVar("context", default=None)


def context() -> Context:
    """That of the release which this turn runs on; outside of a server, that of the live release.
    Raises ReleaseRefused, FileNotFoundError, CatalogueError, and ValueError with the name of a
    variable that is wrong."""
    return _OF_THIS_TURN.get() or _alone()


@contextmanager
def working_on(here: Context) -> Iterator[None]:
    """Inside, and in the tasks and threads begun there, all work is done with that release."""
    token = _OF_THIS_TURN.set(here)
    try:
        with reading(here.release.data):
            yield
    finally:
        _OF_THIS_TURN.reset(token)


@lru_cache(maxsize=1)
def _alone() -> Context:
    """For the commands of operators."""
    release = words_release()
    read_from(release.data)
    return Context.of(release)


def words_release() -> Release:
    """The live release, for who needs its words alone. Raises FileNotFoundError for a live model
    that is gone."""
    follow(models_folder())
    return live_release(models_folder(), needs_model=False)
