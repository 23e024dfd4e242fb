"""Who asks a department, and its answers about that: one mapping for every operation."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import asdict, replace

import httpx
import pytest

from actions.departments import Connector, DepartmentDefinition, OperationResult, Origin
from actions.departments.access import sender_of
from actions.departments.journal import Journal
from nlu.storage.tables import IN_MEMORY

from .fake_department import BILL, CITIZEN, Department, problem

pytestmark = pytest.mark.asyncio
Make = Callable[..., Department]
CODE = "482913"
ORDER = {"order": {"id": "ORD-1", "amount": 845, "payment_link": "https://pay.example/ORD-1"}}


def refusal(status: int, code: str, **members: object) -> httpx.Response:
    """A problem document about the sender."""
    return httpx.Response(status, json={"title": code, "status": status, "code": code, **members})


NEEDED = refusal(401, "code_needed", sent_to="******3210")


def wanting_a_code(answer: httpx.Response) -> Callable[[httpx.Request], httpx.Response]:
    """Gives `answer` to who tells the code."""

    def handler(request: httpx.Request) -> httpx.Response:
        told = request.headers.get("X-Citizen-Code")
        if told is None:
            return NEEDED
        return answer if told == CODE else refusal(401, "code_wrong", tries_left=4)

    return handler


async def ask(
    connector: Connector,
    operation: str,
    *,
    lane: str = CITIZEN,
    code: str | None = None,
    **values: str,
) -> OperationResult:
    """As the dialogue asks, always for the same request."""
    values = {"service_number": "6123401005678", **values}
    return await connector.execute(
        operation, values, citizen=lane, request_id="turn-1", language="en", code=code
    )


@pytest.mark.parametrize(
    ("lane", "phone", "sender"),
    [
        ("109876:919876543210", "", "+919876543210"),
        ("109876:IN.13491208655", "919876543210", "+919876543210"),
        ("109876:IN.13491208655", "", None),
        ("919876543210", "", None),  # no lane of WhatsApp: anybody may write that
        ("109876:9198765432101234567", "", None),
        ("109876:0919876543210", "", None),
        ("109876:९१९८७६५४३२१०", "", None),
    ],
)
async def test_sender_is_who_whatsapp_verified(lane: str, phone: str, sender: str | None) -> None:
    assert sender_of(lane, phone) == sender


@pytest.mark.parametrize(
    ("operation", "answer", "told"),
    [
        ("getBill", httpx.Response(200, json=BILL), True),  # code
        ("payBill", httpx.Response(201, json=ORDER), True),
        ("getSolarSubsidyStatus", problem(404, "not_found"), True),  # owner
        ("getOutageSchedule", problem(404, "not_found"), False),  # public
    ],
)
async def test_number_goes_along_where_somebody_must_be_known(
    department: Make, operation: str, answer: httpx.Response, told: bool
) -> None:
    fake = department(lambda _: answer)
    await ask(fake.connector, operation, application_number="SLR261100042", location="Tenali")
    (request,) = fake.requests
    assert request.headers.get("X-Citizen-Phone") == ("+919876543210" if told else None)
    assert "X-Citizen-Code" not in request.headers


async def test_number_of_the_message_goes_along_where_the_lane_has_none(department: Make) -> None:
    fake = department(lambda _: httpx.Response(200, json=BILL))
    await fake.connector.execute(
        "getBill",
        {"service_number": "6123401005678"},
        citizen="109:IN.1",
        request_id="turn-1",
        language="en",
        origin=Origin("electricity_bill", phone="919876543210"),
    )
    assert fake.requests[0].headers["X-Citizen-Phone"] == "+919876543210"


async def test_nobody_is_asked_where_the_sender_has_no_number(department: Make) -> None:
    fake = department(lambda _: httpx.Response(200, json=BILL))
    result = await ask(fake.connector, "getBill", lane="109:IN.1")
    assert (result.outcome, result.missed, fake.requests) == ("no_sender", False, [])


@pytest.mark.parametrize(
    ("answer", "outcome", "fields"),
    [
        (NEEDED, "code_needed", {"sent_to": "3210"}),
        (refusal(401, "code_needed", sent_to="+919876543210"), "code_needed", {"sent_to": "3210"}),
        (refusal(401, "code_wrong", tries_left=3), "code_wrong", {"tries_left": "3"}),
        (refusal(401, "code_over"), "code_over", {}),
        (refusal(403, "no_number"), "no_number", {}),
        (refusal(403, "too_many"), "too_many", {}),
    ],
)
async def test_refusal_is_an_outcome_that_no_operation_maps(
    department: Make, answer: httpx.Response, outcome: str, fields: dict[str, str]
) -> None:
    result = await ask(department(lambda _: answer).connector, "getBill")
    assert (result.outcome, result.fields, result.missed) == (outcome, fields, True)


@pytest.mark.parametrize(
    ("operation", "answer"),
    [
        ("getBill", refusal(401, "code_needed")),
        ("getBill", refusal(401, "code_needed", sent_to="")),
        ("getBill", refusal(401, "code_wrong", tries_left="all")),
        ("getBill", refusal(401, "unauthorised")),
        ("getBill", httpx.Response(401, text="no")),
        ("getSolarSubsidyStatus", NEEDED),  # an owner needs no code
        ("getOutageSchedule", NEEDED),
    ],
)
async def test_half_a_refusal_or_one_of_another_operation_is_no_answer(
    department: Make, operation: str, answer: httpx.Response
) -> None:
    fake = department(lambda _: answer)
    result = await ask(
        fake.connector, operation, application_number="SLR261100042", location="Tenali"
    )
    assert result.outcome == "unavailable"


async def test_code_is_sent_with_the_call_it_was_told_for(department: Make) -> None:
    fake = department(wanting_a_code(httpx.Response(200, json=BILL)))
    assert (await ask(fake.connector, "getBill")).outcome == "code_needed"
    wrong = await ask(fake.connector, "getBill", code="000000")
    assert (wrong.outcome, wrong.fields) == ("code_wrong", {"tries_left": "4"})
    assert (await ask(fake.connector, "getBill", code=CODE)).outcome == "ok"


@pytest.mark.parametrize("operation", ["getSolarSubsidyStatus", "getOutageSchedule"])
async def test_code_goes_to_no_operation_that_wants_none(department: Make, operation: str) -> None:
    fake = department(lambda _: problem(404, "not_found"))
    await ask(
        fake.connector, operation, code=CODE, application_number="SLR261100042", location="Tenali"
    )
    assert "X-Citizen-Code" not in fake.requests[0].headers


async def test_refused_write_is_sent_again_under_its_key_and_done_once(department: Make) -> None:
    fake = department(wanting_a_code(httpx.Response(201, json=ORDER)))
    first = await ask(fake.connector, "payBill")
    assert (first.outcome, first.in_doubt) == ("code_needed", False)
    assert (await ask(fake.connector, "payBill", code="000000")).outcome == "code_wrong"
    done = await ask(fake.connector, "payBill", code=CODE)
    again = await ask(fake.connector, "payBill")  # a turn that is done anew
    assert (done.outcome, again.outcome, again.fields) == ("ok", "ok", done.fields)
    assert [request.headers["Idempotency-Key"] for request in fake.requests] == ["turn-1"] * 3


async def test_refused_write_waits_for_nothing(energy: DepartmentDefinition) -> None:
    """Nobody asks the department after a write that it refused."""
    journal = Journal(IN_MEMORY)
    transport = httpx.MockTransport(wanting_a_code(httpx.Response(201, json=ORDER)))
    async with Connector(energy, transport, journal=journal) as connector:
        await ask(connector, "payBill")
    entry = journal.find("energy", "turn-1")
    assert entry is not None
    assert (entry.state, entry.due_at) == ("unsent", None)


async def test_code_stays_out_of_journal_result_and_log(
    energy: DepartmentDefinition, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(IN_MEMORY)
    transport = httpx.MockTransport(wanting_a_code(httpx.Response(201, json=ORDER)))
    with caplog.at_level(logging.DEBUG):
        async with Connector(energy, transport, journal=journal) as connector:
            await ask(connector, "payBill", code="771234")
            result = await ask(connector, "payBill", code=CODE)
    kept = str(asdict(journal.find("energy", "turn-1"))) + str(asdict(result))
    logged = " ".join(str(record.__dict__) for record in caplog.records)
    for code in ("771234", CODE):
        assert code not in kept
        assert code not in logged


async def test_read_that_is_refused_is_not_tried_again(department: Make) -> None:
    """Each call without a code sends an SMS."""
    fake = department(lambda _: NEEDED)
    await ask(fake.connector, "getBill")
    assert len(fake.requests) == 1


async def test_miss_is_what_tells_that_a_record_is_not_there(department: Make) -> None:
    fake = department(lambda _: problem(404, "not_found"))
    known = [
        (
            await ask(fake.connector, name, application_number="SLR261100042", location="Tenali")
        ).missed
        for name in ("getBill", "getSolarSubsidyStatus", "getOutageSchedule")
    ]
    assert known == [True, True, False]


async def test_department_without_headers_knows_nobody(energy: DepartmentDefinition) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=BILL))
    async with Connector(replace(energy, sender=None), transport) as connector:
        assert (await ask(connector, "getBill")).outcome == "no_sender"
