"""A cashier over the real sandbox in this process, with a clock that is moved by hand."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette

from actions.departments import (
    DepartmentDefinition,
    DepartmentDirectory,
    OperationResult,
    define_all,
)
from actions.departments.journal import Journal
from actions.departments.result import CallFailed, Wanted
from actions.departments.signature import signature_headers
from actions.documents.form import load_form
from actions.news.notices import NoticeRefused
from actions.payments.callbacks import callback_route
from actions.payments.cashier import Cashier
from actions.payments.gateways import load_gateways
from actions.payments.ledger import Ledger
from actions.payments.payment import Payment
from actions.payments.reconciliation import Reconciliation
from actions.sandbox.gateway.books import Books
from actions.sandbox.server import create_app
from actions.sandbox.store import DEPARTMENTS, Store
from nlu.catalogue import shared_catalogue
from nlu.turn import Document, Notice
from tests.processes import OWNERS, ROOT

CATALOGUE = shared_catalogue(ROOT / "data")
_FIRST = 919848012344


def lane_of(number: int) -> str:
    """The conversation of one of twelve citizens, each with a phone that is on record."""
    return f"c-{number}:{_FIRST + number}"


BILL = {"service_number": "6123401005678"}
PAISE = 84500
DAY = 86400.0
NOON = 1_790_000_000.0


@dataclass
class Clock:
    """Seconds since 1970, moved by hand."""

    now: float = NOON

    def __call__(self) -> float:
        return self.now


@dataclass
class Phones:
    """Takes notices once for an id, as the worker's outbox does."""

    taken: dict[str, Notice] = field(default_factory=dict)
    refusing: bool = False
    languages: dict[str, str] = field(default_factory=dict)

    async def notify(self, notice: Notice) -> None:
        """`Notify`."""
        if self.refusing:
            raise NoticeRefused
        self.taken.setdefault(notice.id, notice)

    async def language_of(self, citizen: str) -> str | None:
        """`LanguageOf`."""
        return self.languages.get(citizen)

    def texts(self, citizen: str = "c-1:919848012345") -> list[str]:
        """What a citizen was told, in order."""
        return [notice.text for notice in self.taken.values() if notice.citizen == citizen]


@dataclass
class FakeIssuer:
    """Issues documents whose values fit the form; nothing while `closed`."""

    closed: bool = False
    issued: dict[str, Wanted] = field(default_factory=dict)

    def __call__(self, department: str, wanted: Wanted, key: str) -> Document:
        """`Issue`."""
        if self.closed:
            raise CallFailed("document")
        load_form(wanted.form).printed(wanted.values)
        before = self.issued.setdefault(key, wanted)
        assert before == wanted, "the key was used for another document"
        name = hashlib.sha256(key.encode()).hexdigest()[:8]
        return Document(f"http://127.0.0.1/d/{name}.pdf", f"{name}.pdf")


class World:
    """One sandbox, and as many action servers over one ledger as are begun."""

    def __init__(
        self, folder: Path, ledger: Callable[[str], Ledger] = Ledger, url: str | None = None
    ) -> None:
        """`ledger` makes the ledger of a database URL: the seam for crashes."""
        self.clock, self.phones, self.press = Clock(), Phones(), FakeIssuer()
        self.store = Store(folder / "sandbox.sqlite")
        self.app = create_app(
            folder / "sandbox.sqlite",
            openapi=ROOT / "data/departments/openapi",
            clock=self.clock,
            owners=OWNERS,
        )
        self.books = Books(self.store, self.clock)
        self.transport = httpx.ASGITransport(app=self.app)
        self.url = url or f"sqlite:///{folder / 'journal.sqlite'}"
        self._make = ledger
        self.begin()

    def begin(self) -> None:
        """An action server begins, or begins again after a crash."""
        self.journal = Journal(self.url)
        self.ledger = self._make(self.url)
        known = define_all(CATALOGUE.departments, {})
        gateways = load_gateways(ROOT / "data/gateways", {})
        directories = [
            DepartmentDirectory(at_once(found), self.transport, self.journal)
            for found in (known, gateways)
        ]
        self.cashier = Cashier.of(CATALOGUE, *directories, self.ledger, self.press, self.clock)
        self.job: Reconciliation = self.cashier.reconciliation(
            self.phones.notify, self.phones.language_of
        )
        self.callbacks = callback_route(self.cashier.lifecycle, self.clock)

    def anew(self, url: str) -> None:
        """The sandbox as on its first day, nobody was told anything, and the database is `url`."""
        for department in (*DEPARTMENTS, "gateway"):
            self.store.reset(department)
        self.phones.taken.clear()
        self.press.issued.clear()
        self.phones.refusing = self.press.closed = False
        self.clock.now, self.url = NOON, url
        self.begin()

    async def called_back(self, order_id: str, **said: Any) -> int:
        """The gateway, or who has its key, says something of an order: the HTTP status."""
        definition = self.cashier.lifecycle.gateways.directory.connector("sandbox").department
        assert definition.callbacks is not None
        body = json.dumps({**self.books.order(order_id).answer(), **said}).encode()
        path = "/callbacks/payments/sandbox"
        key = definition.callbacks.key
        headers = signature_headers(key, "POST", path, "", body, self.clock)
        return await self.post(body, headers)

    async def post(self, body: bytes, headers: Mapping[str, str]) -> int:
        """Something comes to the address of callbacks: the HTTP status."""
        app = Starlette(routes=[self.callbacks])
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://seva") as http:
            answer = await http.post("/callbacks/payments/sandbox", content=body, headers=headers)
        return answer.status_code

    async def ask(
        self,
        request: str = "m-1",
        citizen: str = "c-1:919848012345",
        language: str = "te",
        values: dict[str, str] | None = None,
        operation: tuple[str, str] = ("energy", "payBill"),
    ) -> OperationResult:
        """A citizen asks to pay."""
        return await self.cashier.checkout.execute(
            *operation,
            values or BILL,
            citizen=citizen,
            request_id=request,
            language=language,
        )

    async def later(self, seconds: float = 0.0, steps: int = 1) -> None:
        """Time passes, and the job works `steps` times."""
        self.clock.now += seconds
        for _ in range(steps):
            await self.job.step()

    async def settle(self, days: float = 4, rounds: int = 60) -> None:
        """The job works for so many days."""
        for _ in range(rounds):
            await self.later(days * DAY / rounds)

    def payments(self) -> list[Payment]:
        """All of the ledger."""
        return self.ledger.since(0)

    def state(self) -> str:
        """Of the only payment that there is an order for."""
        (payment,) = [p for p in self.payments() if p.state != "dropped"]
        return payment.state

    async def fault(self, what: str, **switch: Any) -> None:
        """Sets the switch of a department, or of the gateway."""
        async with httpx.AsyncClient(transport=self.transport, base_url="http://localhost") as http:
            (await http.put(f"/__faults/{what}", json=switch)).raise_for_status()


def at_once(
    found: Mapping[str, DepartmentDefinition],
) -> dict[str, DepartmentDefinition]:
    """The same, asked once and never spared: waits would be real seconds."""
    return {
        name: replace(
            known,
            retry=replace(known.retry, attempts=1),
            protection=replace(
                known.protection,
                breaker=replace(known.protection.breaker, threshold=1_000_000),
                limits=replace(known.protection.limits, rate=1_000_000),
            ),
        )
        for name, known in found.items()
    }


def run(work: Any) -> Any:
    """Runs a coroutine."""
    return asyncio.run(work)
