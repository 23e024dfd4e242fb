"""Answers that Seva prints itself: a signed document, once, or no answer at all."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from actions.departments import Connector, DepartmentDefinition, DepartmentDirectory
from actions.departments.issued_document import Issue
from actions.departments.journal import Entry, Journal, Write
from actions.departments.request import Context
from actions.departments.result import CallFailed, OperationResult, Wanted
from actions.departments.settlement import Settlement
from actions.documents.credential import Claims
from actions.documents.department_issuer import DepartmentIssuer
from actions.documents.issuer import Issuer
from nlu.catalogue.department import Paper
from nlu.turn import Document
from tests.documents.link_reader import by_kid, verify_link

from .fake_department import CITIZEN

pytestmark = pytest.mark.asyncio
URL = "https://verify.example.gov.in"
PAID = {
    "service_number": "6123401005678",
    "count": 3,
    "total_amount": 2390.5,
    "last_amount": 790,
    "last_paid_on": "2026-10-24",
}
PRINTED = {
    "service_number": "6123401005678",
    "count": "3",
    "total_amount": "2,390.50",
    "last_amount": "790",
    "last_paid_on": "24-10-2026",
}
NONE = {**PAID, "count": 0, "total_amount": 0, "last_amount": None, "last_paid_on": None}
ORDER = {"order": {"id": "ORD-1", "amount": 845, "payment_link": "https://pay.example/ORD-1"}}


@pytest.fixture
def office(tmp_path: Path) -> Issuer:
    """The folder of documents as `seva documents serve` has it, with a key of the department."""
    office = Issuer.open(tmp_path / "documents", URL)
    office.keys.rotate("energy", int(time.time()))
    return office


@pytest.fixture
def press(office: Issuer, tmp_path: Path) -> DepartmentIssuer:
    """What the action server has."""
    return DepartmentIssuer(tmp_path / "documents", URL)


def connector(
    energy: DepartmentDefinition,
    issue: Issue | None,
    body: object = PAID,
    sent: list[httpx.Request] | None = None,
    **more: object,
) -> Connector:
    """A connector to a department that answers `body`."""

    def answer(request: httpx.Request) -> httpx.Response:
        (sent if sent is not None else []).append(request)
        return httpx.Response(201 if request.method == "POST" else 200, json=body)

    return Connector(replace(energy, **more), httpx.MockTransport(answer), issue=issue)  # type: ignore[arg-type]


async def ask(
    connector: Connector, operation: str = "getPaymentHistory", key: str = "turn-1"
) -> OperationResult:
    """Ask as a citizen who reads Telugu."""
    values = {"service_number": "6123401005678"}
    return await connector.execute(
        operation, values, citizen=CITIZEN, request_id=key, language="te"
    )


def count(office: Issuer) -> int:
    """Documents in the log, whose first entry announces the key."""
    return office.event_log.size - 1


@pytest.mark.slow
async def test_answer_comes_with_a_signed_document(
    energy: DepartmentDefinition, office: Issuer, press: DepartmentIssuer
) -> None:
    result = await ask(connector(energy, press))
    assert (result.outcome, result.fields["last_paid_on"]) == ("ok", "24-10-2026")
    assert result.document is not None and result.wanted is None
    assert result.document.filename == "Bills-paid-6123401005678.pdf"
    assert result.document.url.startswith(f"{URL}/d/")
    token = result.document.url.rsplit("/", 1)[1].removesuffix(".pdf")
    name, pdf = office.pdf(token) or ("", b"")
    assert (name, pdf[:5]) == (result.document.filename, b"%PDF-")


async def test_document_says_what_the_department_answered(
    energy: DepartmentDefinition, office: Issuer, press: DepartmentIssuer
) -> None:
    issued: list[tuple[str, Wanted, str]] = []

    def issue(department: str, wanted: Wanted, key: str) -> Document:
        issued.append((department, wanted, key))
        return press(department, wanted, key)

    await ask(connector(energy, issue))
    ((department, wanted, key),) = issued
    assert (department, wanted.form, wanted.values) == ("energy", "payment_statement", PRINTED)
    again = office.issue(department, wanted.form, wanted.values, key)
    claims = verify_link(again.qr, URL, by_kid(office.keys), int(time.time()))
    assert isinstance(claims, Claims) and claims.issuer == "energy"
    assert dict(claims.fields)["total_amount"] == "2,390.50"


async def test_same_request_gets_the_same_document(
    energy: DepartmentDefinition, office: Issuer, press: DepartmentIssuer
) -> None:
    asked = connector(energy, press)
    first, again, other = [await ask(asked, key=key) for key in ("turn-1", "turn-1", "turn-2")]
    assert first.document == again.document != other.document
    assert count(office) == 2


async def test_outcome_without_a_document_has_none(
    energy: DepartmentDefinition, office: Issuer, press: DepartmentIssuer
) -> None:
    result = await ask(connector(energy, press, NONE))
    assert (result.outcome, result.document, count(office)) == ("none", None, 0)


def failing(department: str, wanted: Wanted, key: str) -> Document:
    """As `DepartmentIssuer` where the disk is full."""
    raise CallFailed("document", "not_recorded")


@pytest.mark.parametrize("issue", [None, failing], ids=["nobody issues", "cannot be recorded"])
async def test_answer_whose_document_cannot_be_issued_is_unavailable(
    energy: DepartmentDefinition, issue: Issue | None
) -> None:
    result = await ask(connector(energy, issue))
    assert (result.outcome, result.reason) == ("unavailable", "document")
    assert (result.fields, result.document) == ({}, None)


async def test_department_without_a_key_issues_nothing(
    energy: DepartmentDefinition, tmp_path: Path
) -> None:
    result = await ask(connector(energy, DepartmentIssuer(tmp_path / "documents", URL)))
    assert (result.outcome, result.reason) == ("unavailable", "document")


async def test_value_that_the_answer_lacks_is_not_left_open_on_paper(
    energy: DepartmentDefinition, office: Issuer, press: DepartmentIssuer
) -> None:
    result = await ask(connector(energy, press, {**PAID, "last_paid_on": None}))
    assert (result.outcome, result.reason, count(office)) == ("unavailable", "document", 0)


@pytest.fixture
def printing(energy: DepartmentDefinition) -> DepartmentDefinition:
    """payBill answers with a paper of its own."""
    values = {label: "order.id" for label in PRINTED}
    paid = replace(energy.operations["payBill"], paper=Paper("payment_statement", values, ("ok",)))
    return replace(energy, operations={**energy.operations, "payBill": paid})


async def test_write_is_done_once_though_its_document_could_not_be_issued_at_first(
    printing: DepartmentDefinition, office: Issuer, press: DepartmentIssuer
) -> None:
    sent: list[httpx.Request] = []
    moods: list[Issue] = [failing, press]
    asked = connector(printing, lambda *wanted: moods.pop(0)(*wanted), ORDER, sent)
    first = await ask(asked, "payBill")
    again = await ask(asked, "payBill")
    assert (first.outcome, first.reason) == ("unavailable", "document")
    assert (again.outcome, again.fields["order_id"]) == ("ok", "ORD-1")
    assert again.document is not None
    assert [request.method for request in sent] == ["POST"]


async def test_late_answer_is_told_with_its_document(
    printing: DepartmentDefinition, office: Issuer, press: DepartmentIssuer
) -> None:
    """Issued when it is told, and told again later where that fails."""
    journal = Journal("sqlite://")
    moods: list[Issue] = [failing, press]
    directory = DepartmentDirectory(
        {"energy": printing}, journal=journal, issue=lambda *wanted: moods.pop(0)(*wanted)
    )
    write = Write("energy", "payBill", {}, Context("c-1", "turn-1", "te"))
    wanted = Wanted("payment_statement", {label: "ORD-1" for label in PRINTED})
    journal.open(Entry(write, "settled", 0, OperationResult("ok", wanted=wanted), due_at=1))
    told: list[OperationResult] = []

    async def tell(entry: Entry, result: OperationResult) -> None:
        told.append(result)

    await Settlement(directory, tell).step()
    assert told == []
    await Settlement(directory, tell, lambda: time.time() + 3600).step()
    (result,) = told
    assert result.document is not None and result.document.url.startswith(URL)
