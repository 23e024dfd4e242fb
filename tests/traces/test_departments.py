"""What a department is told of a trace, and how its late answer comes back into it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from actions.departments import DepartmentDefinition, OperationResult, load_departments
from actions.departments.callbacks import build_callbacks
from actions.departments.journal import Entry
from actions.departments.settlement import Settlement
from actions.payments.gateways import load_gateways
from nlu.trace import TraceContext, carried, span
from tests.departments.fake_department import BILL, DATA, Department, patient
from tests.faults.permits.app import call_back
from tests.faults.permits.place import Place, opened
from tests.served import served

pytestmark = pytest.mark.asyncio
NUMBER = "6123401005678"
WHO = "SEVA_TRACED_DEPARTMENTS"


def energy(environ: dict[str, str]) -> DepartmentDefinition:
    return patient(load_departments(DATA, environ)["energy"])


def told(request: httpx.Request) -> TraceContext | None:
    return TraceContext.read(request.headers.get("traceparent"))


@pytest.mark.parametrize(
    ("environ", "traced"),
    [
        ({}, True),
        ({WHO: "all"}, True),
        ({WHO: "rtc, energy"}, True),
        ({WHO: "rtc"}, False),
        ({WHO: ""}, False),
    ],
)
async def test_a_department_is_told_where_the_settings_say_so(
    environ: dict[str, str], traced: bool
) -> None:
    department = Department(energy(environ), lambda _: httpx.Response(200, json=BILL))
    with span("turn") as turn:
        await department.ask("getBill", service_number=NUMBER)
    [request] = department.requests
    found = told(request)
    assert (found is not None) is traced
    assert found is None or found.trace_id == turn.context.trace_id


async def test_a_gateway_is_told_only_by_its_own_name() -> None:
    folder = DATA.parent / "gateways"
    by_setting = {
        value: {one.traced for one in load_gateways(folder, {WHO: value}).values()}
        for value in ("all", "sandbox", "")
    }
    assert by_setting == {"all": {False}, "sandbox": {True}, "": {False}}


async def test_each_try_is_a_span_of_its_own(recorded: InMemorySpanExporter) -> None:
    """With nothing in it that the citizen told."""
    answers = [httpx.Response(503), httpx.ConnectError("no"), httpx.Response(200, json=BILL)]

    def handler(_: httpx.Request) -> httpx.Response:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    department = Department(energy({}), handler)
    await department.ask("getBill", service_number=NUMBER)
    *tries, whole = recorded.get_finished_spans()
    assert [f"{one.context.span_id:016x}" for one in tries] == [  # type: ignore[union-attr]
        found.span_id for request in department.requests if (found := told(request))
    ]
    seen = [_values(one) for one in tries]
    assert [one.get("http.request.resend_count") for one in seen] == [None, 1, 2]
    assert [one.get("error.type") for one in seen] == ["status", "connect", None]
    assert [one.get("http.response.status_code") for one in seen] == [503, None, 200]
    assert {one.kind for one in tries} == {SpanKind.CLIENT}
    assert _values(whole)["seva.outcome"] == "ok"
    assert {one.parent.span_id for one in tries if one.parent} == {whole.context.span_id}  # type: ignore[union-attr]
    assert not [one for one in (*tries, whole) if NUMBER in one.to_json()]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with opened(tmp_path) as place:
        yield place


class Told:
    """In which trace citizens were told."""

    def __init__(self) -> None:
        self.traces: list[str | None] = []

    async def __call__(self, entry: Entry, result: OperationResult) -> None:
        self.traces.append(carried())


async def test_a_late_answer_is_told_in_the_trace_of_its_message(place: Place) -> None:
    """Also by another process, after a restart."""
    with span("turn") as turn:
        assert (await place.ask("orderSurvey")).pending
    place.permits.finish("k-1")
    citizens, later = Told(), time.time() + 1
    await Settlement(place.restarted().departments, citizens, lambda: later).step()
    [found] = [TraceContext.read(one) for one in citizens.traces]
    assert found is not None and found.trace_id == turn.context.trace_id


async def test_a_callback_is_linked_to_the_trace_of_its_message(
    place: Place, recorded: InMemorySpanExporter
) -> None:
    with span("turn") as turn:
        await place.ask("orderSurvey")
    with served(build_callbacks(place.departments)) as url:
        body = {"number": "N-1", "reference": "k-1", "state": "done", "area": "2.35"}
        [answer] = await call_back(url, body)
    assert answer.status_code == 204
    spans = recorded.get_finished_spans()
    [came] = [one for one in spans if one.name == "POST /callbacks/{sender}"]
    [settled] = [one for one in spans if one.name == "settle write"]
    assert f"{settled.context.trace_id:032x}" == turn.context.trace_id  # type: ignore[union-attr]
    assert [one.context.span_id for one in settled.links] == [came.context.span_id]  # type: ignore[union-attr]
    assert _values(came)["seva.outcome"] == "settled"
    assert came.context.trace_id != settled.context.trace_id  # type: ignore[union-attr]


def _values(one: ReadableSpan) -> dict[str, Any]:
    return dict(one.attributes or {})
