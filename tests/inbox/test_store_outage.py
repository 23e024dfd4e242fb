"""A store that fails is an outage of ours: no attempt, growing pauses, all answered in the end."""

from __future__ import annotations

import asyncio
import sqlite3
from typing import Any

import pytest

from api.inbox.store import StoredInbox
from nlu.storage import sqlite
from nlu.turn import Reply
from tests.inbox.test_worker_life import until
from tests.inbox.worker_fakes import (
    ONLY_SQLITE,
    POLICY,
    Clock,
    FakeEngine,
    FakeWhatsApp,
    make_worker,
    message,
    rows,
)


@pytest.mark.parametrize("read", ["citizen", "tracker", "choice", "numbered_choice"])
@pytest.mark.parametrize("error", [sqlite3.OperationalError("disk I/O error"), OSError("disk")])
async def test_failing_read_is_no_attempt(
    store: StoredInbox, clock: Clock, monkeypatch: pytest.MonkeyPatch, read: str, error: Exception
) -> None:
    async def broken(*_: Any) -> Any:
        raise error

    engine, whatsapp = FakeEngine(), FakeWhatsApp()
    engine.answer = lambda text: [Reply("answered")]
    worker = make_worker(store, engine, whatsapp, clock)
    button = {"kind": "button", "button_id": "x"} if read == "choice" else {}
    await store.put([message(1, "1", **button)])
    with monkeypatch.context() as patch:
        patch.setattr(store, read, broken)
        patch.setattr(store, "works", lambda: asyncio.sleep(0, False))
        for _ in range(POLICY.retry.turn.attempts + POLICY.retry.turn.deaths + 2):
            await worker.drain()
            clock.now += 30
        assert worker.outage.what.startswith("store")
        assert worker._heartbeat.as_json()["status"] == "not ready"
    assert (await store.depth()).waiting == 1 and not whatsapp.taken
    await worker.drain()
    assert whatsapp.texts() == (["te:old_button"] if button else ["answered"])


@pytest.mark.slow
@pytest.mark.parametrize("write", ["ack", "bury"])
async def test_failing_write_does_not_spin(
    store: StoredInbox, clock: Clock, monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    """Each turn calls departments: the same message is not tried again without a pause."""

    async def full(*_: Any, **__: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    engine, whatsapp, stop = FakeEngine(), FakeWhatsApp(), asyncio.Event()
    if write == "bury":
        engine.answer = lambda text: []
    worker = make_worker(store, engine, whatsapp, clock)
    running = asyncio.create_task(worker.run(stop))
    with monkeypatch.context() as patch:
        patch.setattr(store, write, full)
        await store.put([message(1)])
        for _ in range(60):  # the clock of the store goes on, as it does
            await asyncio.sleep(0.02)
            clock.now += 0.02 if write == "ack" else 1
        turns = len(engine.heard)
        assert 1 <= turns <= 6
    engine.answer = lambda text: [Reply("answered")]
    for _ in range(200):
        if whatsapp.taken:
            break
        await asyncio.sleep(0.05)
        clock.now += 0.05
    stop.set()
    await asyncio.wait_for(running, 5)
    assert whatsapp.texts() == ["answered"] and (await store.depth()).dead == 0


@pytest.mark.slow
@ONLY_SQLITE
async def test_full_disk_lasts_until_there_is_room(
    store: StoredInbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pause goes on while an answer has no room, though a small change would have."""
    engine, whatsapp, stop = FakeEngine(), FakeWhatsApp(), asyncio.Event()
    engine.answer = lambda text: [Reply("x" * 3000)]
    await store.put([message(1)])
    pages = rows(store, "PRAGMA page_count")[0][0]
    room, real = [pages], sqlite.connect

    def capped(path: Any) -> sqlite3.Connection:
        connection = real(path)
        connection.execute(f"PRAGMA max_page_count = {room[0]}")
        return connection

    async def cap() -> None:
        pragma = f"PRAGMA max_page_count = {room[0]}"
        await store._database.run(lambda db: db.execute(pragma).fetchone()[0])

    monkeypatch.setattr(sqlite, "connect", capped)
    await cap()
    worker = make_worker(store, engine, whatsapp, clock)
    worker.outage._waits = (0.05, 0.1)
    running = asyncio.create_task(worker.run(stop))
    await until(lambda: worker.outage.what)
    assert not await store.works()
    clock.now += 60
    await asyncio.sleep(1)
    assert worker.outage.what and len(engine.heard) == 1
    room[0] = 1 << 20
    await cap()

    def answered() -> bool:
        clock.now += 1  # the message was given back at some moment, and waits from then on
        return bool(whatsapp.taken)

    await until(answered)
    assert not worker.outage.what
    stop.set()
    await asyncio.wait_for(running, 5)


async def test_answer_that_cannot_be_kept_is_a_failure_of_its_own(
    store: StoredInbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No outage: or one message would stop everybody for ever."""
    real = store.ack

    async def ack(claim: Any, *rest: Any) -> None:
        if claim.message.text == "bad":
            raise sqlite3.DataError("string or blob too big")
        await real(claim, *rest)

    monkeypatch.setattr(store, "ack", ack)
    whatsapp = FakeWhatsApp()
    worker = make_worker(store, FakeEngine(), whatsapp, clock)
    await store.put([message(1, "bad"), message(2), message(3, citizen="IN.3")])
    for _ in range(POLICY.retry.turn.attempts + 1):
        await worker.drain()
        clock.now += 30
    assert not worker.outage.what
    assert sorted(whatsapp.texts()) == ["echo text 2", "echo text 3", "te:internal_error"]


async def test_the_probe_leaves_nothing(store: StoredInbox, clock: Clock) -> None:
    assert await store.works()
    assert await store.tracker("") is None
    assert rows(store, "SELECT COUNT(*) FROM trackers")[0][0] == 0
