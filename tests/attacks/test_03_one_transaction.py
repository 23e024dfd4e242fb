"""Tracker, replies and the end of a message are kept together or not at all; errors are errors."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from api.inbox.port import LeaseLost
from api.inbox.sqlite import SqliteInbox
from api.whatsapp.outgoing import Draft, Outgoing
from tests.inbox.worker_fakes import (
    POLICY,
    Clock,
    FakeEngine,
    FakeWhatsApp,
    make_worker,
    message,
)

ANSWER = [Draft(Outgoing("text", "hi"))]
TABLES = ("trackers", "outbox", "choices", "inbox")


@pytest.mark.parametrize("table", ["trackers", "outbox"])
async def test_turn_whose_tracker_or_reply_cannot_be_kept_is_no_turn(
    store: SqliteInbox, tmp_path: Path, table: str
) -> None:
    await store.put([message(1)])
    (claim,) = await store.claim("w")
    with sqlite3.connect(tmp_path / "inbox.sqlite") as db:
        db.execute(
            f"CREATE TRIGGER full BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    with pytest.raises(sqlite3.Error):
        await store.ack(claim, ANSWER, "te", "state")
    assert await store.tracker(claim.message.lane) is None
    assert (await store.citizen(claim.message.lane)).language is None
    depth = await store.depth()
    assert (depth.waiting, depth.outgoing) == (1, 0)


async def test_worker_gives_a_message_back_whose_end_cannot_be_kept(
    store: SqliteInbox, clock: Clock, tmp_path: Path
) -> None:
    """The store mends: the message is answered, and no attempt was counted."""
    engine, whatsapp = FakeEngine(), FakeWhatsApp()
    await store.put([message(1)])
    database = sqlite3.connect(tmp_path / "inbox.sqlite")
    full = "CREATE TRIGGER full BEFORE INSERT ON trackers BEGIN SELECT RAISE(ABORT, 'x'); END"
    database.execute(full)
    worker = make_worker(store, engine, whatsapp, clock)
    for claim in await store.claim("w"):
        await worker._serve(claim)
    assert whatsapp.texts() == []
    assert worker.outage.what
    database.execute("DROP TRIGGER full")
    assert await store.claim("w") == []  # it waits a moment
    clock.now += POLICY.retry.outage.wait[0]
    (claim,) = await store.claim("w")
    assert (claim.attempt, claim.deaths) == (1, 0)
    await worker._serve(claim)
    await worker.drain()
    assert whatsapp.texts() == ["echo text 1"]


async def test_failed_read_is_an_error_and_no_stranger(store: SqliteInbox, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "inbox.sqlite") as db:
        db.execute("DROP TABLE trackers")
    with pytest.raises(sqlite3.Error):
        await store.tracker("1:a")


async def test_late_worker_cannot_write_a_tracker(store: SqliteInbox, clock: Clock) -> None:
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
