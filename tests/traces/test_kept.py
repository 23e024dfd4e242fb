"""The place in a trace lies beside the message and beside each reply, on both engines, and is taken
up by whoever takes the message up."""

from __future__ import annotations

from typing import Any

from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from api.inbox.port import News
from api.inbox.store import StoredInbox
from api.whatsapp.outgoing import Draft, Outgoing
from nlu.storage.sealing import unseal
from nlu.trace import TraceContext, span
from nlu.turn import TurnFailed
from tests.inbox.conftest import clock, engine, pytest_generate_tests, store
from tests.inbox.worker_fakes import (
    Clock,
    FakeEngine,
    FakeWhatsApp,
    make_worker,
    message,
    rows,
)

__all__ = ["clock", "engine", "pytest_generate_tests", "store"]
CAME = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
TRACE = CAME[3:35]


async def test_a_message_keeps_its_place(store: StoredInbox) -> None:
    """Beside its words, not in them; a repeated delivery changes nothing; one without is taken."""
    await store.put([message(1, trace=CAME), message(2, citizen="IN.2")])
    await store.put([message(1, trace=CAME.replace("4bf9", "5555"))])
    assert [tuple(row) for row in rows(store, "SELECT trace FROM inbox ORDER BY seq")] == [
        (CAME,),
        (None,),
    ]
    [payload] = rows(store, "SELECT payload FROM inbox WHERE message_id = 'wamid.IN1'")
    assert "trace" not in unseal(payload[0], 1)
    claims = await store.claim("w", 5)
    assert {one.message.message_id: one.message.trace for one in claims} == {
        "wamid.IN1": CAME,
        "wamid.IN2": None,
    }


async def test_replies_and_news_keep_theirs(store: StoredInbox) -> None:
    await store.put([message(1), message(2, citizen="IN.2")])
    claims = await store.claim("w", 5)
    drafts = [Draft(Outgoing("text", "one"))]
    with span("turn") as turn:
        await store.ack(claims[0], drafts)
        await store.say_meanwhile(claims[1], "listening", drafts)
    with span("notice") as notice:
        lane = claims[0].message.lane
        await store.tell(News("n-1", lane, drafts, Outgoing("template", "x"), whole=True))
    await store.ack(claims[1], drafts)  # outside of any
    kept = rows(store, "SELECT inbox_id, step, trace FROM outbox ORDER BY seq")
    assert {(row[0], row[1]): row[2] for row in kept} == {
        (claims[0].message.message_id, 0): str(turn.context),
        (f"{claims[1].message.message_id}/listening", 0): str(turn.context),
        ("notice/n-1", 0): str(notice.context),
        ("notice/n-1", -1): str(notice.context),
        (claims[1].message.message_id, 0): None,
    }
    parcels = await store.outbox.claim("w", 5)
    assert {one.trace for one in parcels} == {str(turn.context)}


def names(recorded: InMemorySpanExporter, name: str) -> list[dict[str, Any]]:
    """The attributes of the spans of a name, in the trace of the message."""
    return [
        dict(one.attributes or {})
        for one in recorded.get_finished_spans()
        if one.name == name and f"{one.context.trace_id:032x}" == TRACE  # type: ignore[union-attr]
    ]


async def test_a_turn_that_fails_is_another_span_of_the_same_trace(
    store: StoredInbox, clock: Clock, recorded: InMemorySpanExporter
) -> None:
    dialogue, whatsapp = FakeEngine(), FakeWhatsApp()
    await store.put([message(1, trace=CAME)])
    dialogue.failures = [TurnFailed("it failed")]
    worker = make_worker(store, dialogue, whatsapp, clock)
    await worker.drain()
    clock.now += 100
    await worker.drain()
    turns = names(recorded, "process inbox")
    assert [(one["seva.attempt"], one["seva.outcome"]) for one in turns] == [
        (1, "retried"),
        (2, "answered"),
    ]
    assert [one.get("error.type") for one in turns] == ["retried", None]
    assert [one["seva.outcome"] for one in names(recorded, "send whatsapp")] == ["sent"]


async def test_a_send_in_doubt_is_another_span_of_the_same_trace(
    store: StoredInbox, clock: Clock, recorded: InMemorySpanExporter
) -> None:
    """The process that sent it died: nothing but the row knows."""
    await store.put([message(1, trace=CAME)])
    [claim] = await store.claim("w")
    with span("turn", parent=TraceContext.read(claim.message.trace)):
        await store.ack(claim, [Draft(Outgoing("text", "one"))])
    await store.outbox.claim("w")
    clock.now += 1000
    await make_worker(store, FakeEngine(), FakeWhatsApp(), clock).drain()
    assert [one["seva.attempt"] for one in names(recorded, "send whatsapp")] == [2]
