"""The generic connector: outcomes, faults, retries, keys, limits."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from actions.departments import DepartmentDefinition, UnknownOperation
from actions.departments.definition import Breaker

from .fake_department import BILL, CITIZEN, Department, problem

pytestmark = pytest.mark.asyncio
Make = Callable[..., Department]

ORDER = {"order": {"id": "ORD-1", "amount": 845, "payment_link": "https://pay.example/ORD-1"}}


def answering(*answers: httpx.Response | Exception) -> Callable[[httpx.Request], httpx.Response]:
    """A handler that gives the answers in turn, then the last for ever."""
    left = list(answers)

    def handler(request: httpx.Request) -> httpx.Response:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return handler


@pytest.mark.parametrize(
    ("operation", "answer", "outcome"),
    [
        ("getBill", httpx.Response(200, json=BILL), "ok"),
        (
            "getBill",
            httpx.Response(200, json={"bill": {**BILL["bill"], "amount": 0, "due_date": None}}),
            "no_dues",
        ),
        ("getBill", problem(404, "not_found"), "not_found"),
        ("payBill", httpx.Response(201, json=ORDER), "ok"),
        ("payBill", problem(409, "no_dues"), "no_dues"),
    ],
)
async def test_answer_becomes_the_outcome_of_the_first_row_that_matches(
    department: Make, operation: str, answer: httpx.Response, outcome: str
) -> None:
    result = await department(answering(answer)).ask(operation)
    assert (result.outcome, result.reason) == (outcome, None)


async def test_fields_are_ready_to_show(department: Make) -> None:
    result = await department(answering(httpx.Response(200, json=BILL))).ask()
    assert result.fields == {
        "amount": "1,23,456.50",
        "due_date": "05-12-2026",
        "bill_month": "November 2026",
        "consumer_name": "K. Venkata Rao",
    }


async def test_fields_of_a_refusal_come_along(department: Make) -> None:
    body = {
        "title": "open",
        "status": 409,
        "code": "already_open",
        "complaint_number": "SUP1",
        "expected_by": "2026-11-25T13:00:00Z",
    }
    fake = department(answering(httpx.Response(409, json=body)))
    result = await fake.ask("registerSupplyComplaint", location="Tenali")
    assert result.outcome == "already_open"
    assert result.fields == {"complaint_number": "SUP1", "expected_by": "25-11-2026 6:30 PM"}


async def test_request_is_built_from_the_yaml(department: Make) -> None:
    fake = department(answering(httpx.Response(201, json=ORDER)))
    await fake.ask("payBill")
    (request,) = fake.requests
    assert str(request.url) == "http://127.0.0.1:8790/energy/services/6123401005678/payments"
    assert json.loads(request.content) == {"payer": CITIZEN}
    assert request.headers["Idempotency-Key"] == "turn-1"
    assert request.headers["X-Api-Key"] == "sandbox-key"
    assert request.headers["Accept-Language"] == "en"


async def test_read_carries_no_key(department: Make) -> None:
    fake = department(answering(httpx.Response(200, json=BILL)))
    await fake.ask()
    assert "Idempotency-Key" not in fake.requests[0].headers


FAULTS: list[tuple[str, httpx.Response | Exception, str]] = [
    ("read time-out", httpx.ReadTimeout("slow"), "timeout"),
    ("connect time-out", httpx.ConnectTimeout("slow"), "timeout"),
    ("refused", httpx.ConnectError("refused"), "connect"),
    ("broken off", httpx.RemoteProtocolError("gone"), "connect"),
    ("server error", httpx.Response(500, text="Traceback"), "status"),
    ("down", httpx.Response(503), "status"),
    ("unmapped status", problem(401, "unauthorised"), "status"),
    ("unmapped code", problem(404, "no_such_path"), "status"),
    ("redirect", httpx.Response(302, headers={"Location": "http://elsewhere.example/"}), "status"),
    ("other JSON", httpx.Response(200, json={"unexpected": True}), "schema"),
    ("wrong type", httpx.Response(200, json={"bill": {**BILL["bill"], "amount": "x"}}), "schema"),
    (
        "bad date",
        httpx.Response(200, json={"bill": {**BILL["bill"], "due_date": "5/12"}}),
        "schema",
    ),
    ("no JSON", httpx.Response(200, text="<html>"), "schema"),
    ("error page", httpx.Response(404, text="<html>"), "schema"),
    ("too long", httpx.Response(200, content=b" " * 1_100_000), "schema"),
]


@pytest.mark.parametrize(("name", "answer", "reason"), FAULTS, ids=[f[0] for f in FAULTS])
async def test_fault_becomes_unavailable_with_its_reason(
    department: Make, name: str, answer: httpx.Response | Exception, reason: str
) -> None:
    result = await department(answering(answer)).ask()
    assert (result.outcome, result.reason, result.fields) == ("unavailable", reason, {})


async def test_redirect_is_not_followed(department: Make) -> None:
    away = httpx.Response(307, headers={"Location": "http://169.254.169.254/"})
    fake = department(answering(away))
    await fake.ask()
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    "failure",
    [httpx.ReadTimeout("slow"), httpx.ConnectError("no"), httpx.Response(503)],
    ids=["time-out", "connect", "503"],
)
async def test_read_is_tried_again(department: Make, failure: httpx.Response | Exception) -> None:
    fake = department(answering(failure, httpx.Response(200, json=BILL)))
    result = await fake.ask()
    assert (result.outcome, result.attempts) == ("ok", 2)


async def test_read_gives_up_after_its_attempts(department: Make) -> None:
    fake = department(answering(httpx.ConnectError("no")))
    assert (await fake.ask()).attempts == 3
    assert len(fake.requests) == 3


@pytest.mark.slow
async def test_retry_after_is_honoured(department: Make) -> None:
    wait = httpx.Response(429, headers={"Retry-After": "1"})
    result = await department(answering(wait, httpx.Response(200, json=BILL))).ask()
    assert result.outcome == "ok"
    assert result.elapsed_ms >= 1000


@pytest.mark.parametrize(
    "failure",
    [httpx.ReadTimeout("slow"), httpx.RemoteProtocolError("gone"), httpx.Response(503)],
    ids=["time-out", "broken off", "503"],
)
async def test_write_that_may_have_arrived_is_asked_after_and_not_sent_again(
    department: Make, failure: httpx.Response | Exception
) -> None:
    fake = department(answering(failure, httpx.Response(201, json=ORDER)))
    result = await fake.ask("payBill")
    assert (result.outcome, result.fields["order_id"]) == ("ok", ORDER["order"]["id"])
    assert [r.method for r in fake.requests] == ["POST", "GET"]
    assert fake.requests[1].url.path.endswith("/writes/turn-1")


async def test_write_is_sent_again_where_the_department_says_it_never_came(
    department: Make,
) -> None:
    never = problem(404, "unknown_write")
    fake = department(answering(httpx.ReadTimeout("slow"), never, problem(409, "no_dues")))
    assert (await fake.ask("payBill")).outcome == "no_dues"
    assert [r.method for r in fake.requests] == ["POST", "GET", "POST"]
    assert {r.headers.get("Idempotency-Key") for r in fake.requests} == {"turn-1", None}


async def test_refusal_that_was_lost_is_not_taken_for_a_write_that_never_came(
    department: Make,
) -> None:
    """404 is also payBill's own answer, with another code."""
    fake = department(answering(httpx.ReadTimeout("slow"), problem(404, "not_found")))
    assert (await fake.ask("payBill")).outcome == "not_found"
    assert [r.method for r in fake.requests] == ["POST", "GET"]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json={"anything": 1}),
        httpx.Response(201, json={"order": "no"}),
        problem(401, "unauthorised"),
        httpx.Response(500),
    ],
    ids=["other status", "breaks the schema", "refused", "broken"],
)
async def test_answer_about_a_write_that_cannot_be_read_is_not_believed(
    department: Make, answer: httpx.Response
) -> None:
    fake = department(answering(httpx.ReadTimeout("slow"), answer))
    result = await fake.ask("payBill")
    assert (result.outcome, result.reason) == ("unavailable", "timeout")
    assert [r.method for r in fake.requests] == ["POST", "GET"]


async def test_write_that_never_left_is_tried_again_with_the_same_key(department: Make) -> None:
    fake = department(answering(httpx.ConnectError("no"), httpx.Response(201, json=ORDER)))
    assert (await fake.ask("payBill")).outcome == "ok"
    assert [r.headers["Idempotency-Key"] for r in fake.requests] == ["turn-1", "turn-1"]


async def test_open_breaker_spares_the_department(
    department: Make, energy: DepartmentDefinition
) -> None:
    protection = replace(energy.protection, breaker=Breaker(3, 0.05))
    fake = department(
        answering(*[httpx.Response(500)] * 3, httpx.Response(200, json=BILL)),
        protection=protection,
    )
    reasons = [(await fake.ask()).reason for _ in range(4)]
    assert reasons == ["status", "status", "status", "breaker_open"]
    assert len(fake.requests) == 3
    await asyncio.sleep(0.06)
    assert (await fake.ask()).outcome == "ok"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stood_s", "why", "then"), [(1.3, "standstill", "ok"), (0, "timeout", "unavailable")]
)
async def test_time_in_which_we_stood_still_opens_no_breaker(
    energy: DepartmentDefinition, department: Make, stood_s: float, why: str, then: str
) -> None:
    """An action server that was stopped for 18 s woke with its calls late, and told everybody that
    the departments did not answer."""

    class Silent(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            await asyncio.sleep(60)
            yield b""

    silent = [httpx.Response(200, stream=Silent()) for _ in range(3)]
    fake = department(
        answering(*silent, httpx.Response(200, json=BILL)),
        timeouts=replace(energy.timeouts, total=0.2),
        protection=replace(energy.protection, breaker=Breaker(3, 30)),
    )
    under_way = [asyncio.create_task(fake.ask()) for _ in range(3)]
    await asyncio.sleep(0.05)
    time.sleep(stood_s)
    assert [result.reason for result in await asyncio.gather(*under_way)] == [why] * 3
    assert (await fake.ask()).outcome == then


async def test_refusals_do_not_open_the_breaker(department: Make) -> None:
    fake = department(answering(problem(404, "not_found")))
    outcomes = {(await fake.ask()).outcome for _ in range(8)}
    assert outcomes == {"not_found"}


async def test_total_time_covers_a_department_that_drips(
    energy: DepartmentDefinition, department: Make
) -> None:
    class Drip(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            while True:
                yield b" "
                await asyncio.sleep(0.01)

    fake = department(
        answering(httpx.Response(200, stream=Drip())), timeouts=replace(energy.timeouts, total=0.1)
    )
    result = await fake.ask()
    assert result.reason == "timeout"
    assert result.elapsed_ms < 1000


async def test_calls_at_once_are_limited(energy: DepartmentDefinition, department: Make) -> None:
    running: list[int] = []
    most = 0

    class Counted(httpx.AsyncByteStream):
        async def __aiter__(self) -> Any:
            nonlocal most
            running.append(1)
            most = max(most, len(running))
            await asyncio.sleep(0.01)
            running.pop()
            yield json.dumps(BILL).encode()

    fake = department(
        lambda request: httpx.Response(200, stream=Counted()),
        protection=replace(
            energy.protection, limits=replace(energy.protection.limits, concurrency=2)
        ),
    )
    results = await asyncio.gather(*(fake.ask() for _ in range(8)))
    assert {r.outcome for r in results} == {"ok"}
    assert most == 2


@pytest.mark.parametrize(
    "values",
    [
        {"service_number": "12"},
        {"service_number": ".."},
        {"service_number": "../../cmrf/eligibility"},
        {"service_number": ""},
    ],
)
async def test_value_that_does_not_fit_sends_nothing(
    department: Make, values: dict[str, str]
) -> None:
    fake = department(answering(httpx.Response(200, json=BILL)))
    result = await fake.ask(**values)
    assert (result.outcome, result.reason) == ("unavailable", "request")
    assert fake.requests == []


async def test_missing_value_sends_nothing(department: Make) -> None:
    fake = department(answering(httpx.Response(200, json=BILL)))
    result = await fake.ask("registerSupplyComplaint")  # no location
    assert result.reason == "request"
    assert fake.requests == []


async def test_value_is_never_run_as_a_template(department: Make) -> None:
    complaint = {"complaint_number": "SUP1", "expected_by": "2026-11-25T18:30:00+05:30"}
    fake = department(answering(httpx.Response(201, json=complaint)))
    await fake.ask("registerSupplyComplaint", location="{{ citizen }} {% raw %}")
    assert json.loads(fake.requests[0].content)["location"] == "{{ citizen }} {% raw %}"


async def test_key_that_no_header_can_carry_sends_nothing(
    energy: DepartmentDefinition, department: Make
) -> None:
    fake = department(answering(httpx.Response(201, json=ORDER)))
    result = await fake.connector.execute(
        "payBill",
        {"service_number": "6123401005678"},
        citizen=CITIZEN,
        request_id="a\r\nX-Api-Key: other",
        language="en",
    )
    assert result.reason == "request"


async def test_unknown_operation_is_a_defect(department: Make) -> None:
    with pytest.raises(UnknownOperation):
        await department(answering(httpx.Response(200))).ask("dropTables")
