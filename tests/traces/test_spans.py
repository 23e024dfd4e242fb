"""Places in a trace: made, carried, read from what others send; recorded where somebody records."""

from __future__ import annotations

import asyncio
import json
import logging

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from nlu.log import configure_logging, get_logger
from nlu.trace import NEW, TraceContext, carried, current, headers, quiet, set_attribute, span

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
GIVEN = f"00-{TRACE}-{PARENT}-01"


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "919848012345",
        f"00-{TRACE}-{PARENT}",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{TRACE}-{PARENT}-01-more",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
    ],
)
def test_what_names_no_span_is_none(text: str | None) -> None:
    assert TraceContext.read(text) is None


def test_what_is_kept_is_read_again() -> None:
    for one in (TraceContext.begin(), TraceContext.begin().below(), TraceContext.read(GIVEN)):
        assert TraceContext.read(str(one)) == one


def test_a_span_is_in_the_trace_of_the_one_around_it() -> None:
    assert (current(), carried(), headers()) == (None, None, {})
    with span("outer", parent=TraceContext.read(GIVEN)) as outer:
        with span("inner") as inner:
            assert headers() == {"traceparent": str(inner.context)}
        with span("apart", parent=NEW) as apart:
            pass
        assert carried() == str(outer.context)
    assert current() is None
    assert outer.context.trace_id == inner.context.trace_id == TRACE != apart.context.trace_id
    assert len({PARENT, outer.context.span_id, inner.context.span_id}) == 3
    assert outer.context.flags == inner.context.flags == "01" and apart.context.flags == "00"


async def test_tasks_and_threads_go_on_in_it() -> None:
    def in_thread() -> str | None:
        return carried()

    async def in_task() -> str | None:
        return carried()

    async def one(name: str) -> bool:
        with span(name) as here:
            await asyncio.sleep(0)
            found = [
                await asyncio.to_thread(in_thread),
                await asyncio.create_task(in_task()),
                carried(),
            ]
        return found == [str(here.context)] * 3

    assert all(await asyncio.gather(*(one(f"span {number}") for number in range(5))))


def test_log_lines_name_the_span(capsys: pytest.CaptureFixture[str]) -> None:
    root, ours = logging.getLogger(), logging.getLogger("api")
    before, level, own = root.handlers[:], root.level, ours.level
    try:
        configure_logging("info")
        with span("outer") as outer:
            get_logger("api.x").info("of ours", trace="of somebody else")
            logging.getLogger("uvicorn.error").error("of theirs")
        get_logger("api.x").info("outside")
        lines = [json.loads(one) for one in capsys.readouterr().err.splitlines()]
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        ours.setLevel(own)
    here = (outer.context.trace_id, outer.context.span_id)
    assert [(one["trace"], one["span"]) for one in lines[:2]] == [here, here]
    assert "trace" not in lines[2] and "span" not in lines[2]


def test_what_is_recorded(recorded: InMemorySpanExporter) -> None:
    with (
        span("outer", "server", {"a": 1, "none": None}, parent=TraceContext.read(GIVEN)) as outer,
        span("inner", links=[TraceContext("1" * 32, "2" * 16)]) as inner,
    ):
        set_attribute("b", True)
        outer.rename("named later")
    found = {one.name: one for one in recorded.get_finished_spans()}
    assert set(found) == {"inner", "named later"}
    assert found["named later"].kind is SpanKind.SERVER
    assert dict(found["named later"].attributes or {}) == {"a": 1}
    assert f"{found['named later'].parent.span_id:016x}" == PARENT  # type: ignore[union-attr]
    assert dict(found["inner"].attributes or {}) == {"b": True}
    assert f"{found['inner'].parent.span_id:016x}" == outer.context.span_id  # type: ignore[union-attr]
    assert f"{found['inner'].context.trace_id:032x}" == inner.context.trace_id == TRACE  # type: ignore[union-attr]
    assert [f"{one.context.span_id:016x}" for one in found["inner"].links] == ["2" * 16]


def test_an_error_is_recorded_by_its_kind_alone(recorded: InMemorySpanExporter) -> None:
    """Its message may quote a citizen."""
    with pytest.raises(ValueError), span("outer"):
        raise ValueError("6123401005678")
    (found,) = recorded.get_finished_spans()
    assert dict(found.attributes or {}) == {"error.type": "ValueError"}
    assert found.status.status_code is StatusCode.ERROR
    assert "6123401005678" not in found.to_json() and not found.events


def test_what_is_not_recorded_elsewhere_is_not_here(recorded: InMemorySpanExporter) -> None:
    with span("outer", parent=TraceContext.read(f"00-{TRACE}-{PARENT}-00")) as outer:
        assert outer.context.trace_id == TRACE and outer.context.flags == "00"
    assert not recorded.get_finished_spans()


def test_health_checks_have_ids_and_are_not_recorded(recorded: InMemorySpanExporter) -> None:
    with quiet(TraceContext.read(GIVEN)) as one:
        assert carried() == str(one.context) and one.context.trace_id == TRACE
    assert not recorded.get_finished_spans()
