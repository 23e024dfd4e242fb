"""Tracker, replies and the end of a message are kept together or not at all; errors are errors."""

from __future__ import annotations

import pytest

from api.inbox.port import LeaseLost
from api.inbox.store import StoredInbox
from api.whatsapp.outgoing import Draft, Outgoing
from tests.inbox.worker_fakes import (
    ERRORS,
    POLICY,
    Clock,
    FakeEngine,
    FakeWhatsApp,
    make_worker,
    message,
    write,
)

ANSWER = [Draft(Outgoing("text", "hi"))]
FULL = {
    "sqlite": "CREATE TRIGGER no_room BEFORE INSERT ON {table} "
    "BEGIN SELECT RAISE(ABORT, 'full'); END",
    "postgres": "CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE disk_full; END $$; CREATE TRIGGER no_room BEFORE INSERT ON {table} "
    "FOR EACH ROW EXECUTE FUNCTION no_room()",
}
ROOM_AGAIN = {
    "sqlite": "DROP TRIGGER no_room",
    "postgres": "DROP TRIGGER no_room ON trackers",
}
TABLES = ("trackers", "outbox", "choices", "inbox")


@pytest.mark.parametrize("table", ["trackers", "outbox"])
async def test_turn_whose_tracker_or_reply_cannot_be_kept_is_no_turn(
    store: StoredInbox, engine: str, table: str
) -> None:
    await store.put([message(1)])
    (claim,) = await store.claim("w")
    write(store, FULL[engine].format(table=table))
    with pytest.raises(ERRORS):
        await store.ack(claim, ANSWER, "te", "state")
    assert await store.tracker(claim.message.lane) is None
    assert (await store.citizen(claim.message.lane)).language is None
    depth = await store.depth()
    assert (depth.waiting, depth.outgoing) == (1, 0)


async def test_worker_gives_a_message_back_whose_end_cannot_be_kept(
    store: StoredInbox, clock: Clock, engine: str
) -> None:
    """The store mends: the message is answered, and no attempt was counted."""
    model, whatsapp = FakeEngine(), FakeWhatsApp()
    await store.put([message(1)])
    write(store, FULL[engine].format(table="trackers"))
    worker = make_worker(store, model, whatsapp, clock)
    for claim in await store.claim("w"):
        await worker._serve(claim)
    assert whatsapp.texts() == []
    assert worker.outage.what
    write(store, ROOM_AGAIN[engine])
    assert await store.claim("w") == []  # it waits a moment
    clock.now += POLICY.retry.outage.wait[0]
    (claim,) = await store.claim("w")
    assert (claim.attempt, claim.deaths) == (1, 0)
    await worker._serve(claim)
    await worker.drain()
    assert whatsapp.texts() == ["echo text 1"]


async def test_failed_read_is_an_error_and_no_stranger(store: StoredInbox) -> None:
    write(store, "DROP TABLE trackers")
    with pytest.raises(ERRORS):
        await store.tracker("1:a")


async def test_late_worker_cannot_write_a_tracker(store: StoredInbox, clock: Clock) -> None:
    """p34: both took the lane, one after the other; only the owner's state is kept."""
    await store.put([message(1)])
    (late,) = await store.claim("A")
    clock.now += 61
    (owner,) = await store.claim("B")
    with pytest.raises(LeaseLost):
        await store.ack(late, ANSWER, "te", "state of A")
    await store.ack(owner, ANSWER, "hi", "state of B")
    assert await store.tracker(owner.message.lane) == "state of B"
    assert (await store.depth()).outgoing == 1
