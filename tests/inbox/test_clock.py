"""Leases and waits follow the database's clock; answers follow WhatsApp's."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from api.inbox.store import INBOX, StoredInbox
from api.whatsapp.outgoing import Draft, Outgoing
from api.whatsapp.payload import Status, WebhookDelivery, admit
from nlu.storage import clock as clocks
from nlu.storage.clock import FileClock
from tests.inbox.worker_fakes import (
    PHONE_ID,
    Clock,
    message,
    open_store,
    rows,
)

DAY = 86400.0


def opened(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, isolation_level=None)
    db.row_factory = sqlite3.Row
    db.execute("CREATE TABLE IF NOT EXISTS clock (boot TEXT, shift REAL, seen REAL)")
    return db


def test_processes_that_share_a_file_share_its_clock_whatever_theirs_shows(
    tmp_path: Path, monkeypatch: object
) -> None:
    first = FileClock(opened(tmp_path / "a.sqlite"))
    real = clocks.time.time
    try:
        for step in (-3600.0, 61.0):
            clocks.time.time = lambda step=step: real() + step  # type: ignore[assignment]
            second = FileClock(opened(tmp_path / "a.sqlite"))
            assert abs(second() - first()) < 1
    finally:
        clocks.time.time = real


def test_clock_goes_on_after_a_new_start_of_the_machine(tmp_path: Path) -> None:
    db = opened(tmp_path / "a.sqlite")
    late = 4_000_000_000.0
    db.execute("INSERT INTO clock VALUES ('another start', 0, ?)", (late,))
    assert FileClock(db)() >= late


async def test_waiting_messages_are_answered_in_the_order_of_whatsapp(
    store: StoredInbox, clock: Clock
) -> None:
    now = int(clock.now)
    late = [message(2, "second", timestamp=now - 5), message(1, "first", timestamp=now - 9)]
    same = [message(3, "third", timestamp=now - 5), message(4, "fourth", timestamp=now - 5)]
    await store.put([*late, *same])
    said = []
    while claims := await store.claim("w"):
        said += [claim.message.text for claim in claims]
        await store.ack(claims[0])
    assert said == ["first", "second", "third", "fourth"]


async def test_time_of_tomorrow_overtakes_nobody(store: StoredInbox, clock: Clock) -> None:
    """A phone's or WhatsApp's clock may be wrong: admission makes it now, at the latest."""
    for number, ahead in ((1, 9999), (2, 1)):
        came = message(number, f"text {number}", timestamp=int(clock.now) + ahead)
        taken = admit(WebhookDelivery((came,), ()), PHONE_ID, clock.now, within=DAY, ahead=60)
        await store.put(taken.delivery.messages)
        clock.now += 1
    (claim,) = await store.claim("w")
    assert claim.message.text == "text 1"


@pytest.mark.parametrize("behind", [2, 3600])
async def test_order_is_whatsapps_while_our_clock_is_behind(
    store: StoredInbox, clock: Clock, behind: int
) -> None:
    """The database's clock does not follow the wall clock: all messages come from its future."""
    wall = int(clock.now) + behind
    await store.put([message(2, "second", timestamp=wall - 1)])
    clock.now += 0.3
    await store.put([message(1, "first", timestamp=wall - 2), message(3, "third", timestamp=wall)])
    said = []
    while claims := await store.claim("w"):  # due at once, whatever their time
        said += [claim.message.text for claim in claims]
        await store.ack(claims[0])
        assert 0 <= (await store.depth()).oldest_s <= 0.3
    assert said == ["first", "second", "third"]


async def test_leases_begin_when_they_are_written(
    store: StoredInbox, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other writers kept the change waiting for 20 s: the send may take its whole time after that,
    and so may the turn."""
    run = store._database.run

    async def late(change: Any) -> Any:
        clock.now += 20
        return await run(change)

    await store.put([message(1), message(2, citizen="IN.2")])
    (claim,) = await store.claim("w")
    await store.ack(claim, [Draft(Outgoing("text", "A"))])
    monkeypatch.setattr(store._database, "run", late)
    assert len(await store.outbox.claim("w")) == 1
    (claim,) = await store.claim("w")
    written = clock.now
    await store.extend(claim)
    extended = clock.now
    monkeypatch.undo()
    due = {lane: at for lane, at in rows(store, "SELECT lane, due_at FROM inbox_lanes")}
    assert due == {claim.message.lane: extended + 60}
    clock.now = written - 20 + 59
    assert await store.outbox.claim("w") == []


async def test_earlier_reply_is_not_sent_again_after_a_later_one(
    store: StoredInbox, clock: Clock
) -> None:
    await store.put([message(1)])
    (claim,) = await store.claim("w")
    await store.ack(claim, [Draft(Outgoing("text", "A")), Draft(Outgoing("text", "B"))])
    for number in range(2):
        (parcel,) = await store.outbox.claim("w")
        await store.outbox.sent(parcel, f"wamid.OUT{number}")
    await store.put([], [Status("wamid.OUT0", "failed", code=131000)])
    clock.now += 600
    assert await store.outbox.claim("w") == []


async def test_voice_lanes_are_found_without_looking_at_texts(tmp_path: Path, clock: Clock) -> None:
    """B11: the look-up that runs every 50 ms uses an index of its own."""
    store = open_store(tmp_path / "i.sqlite", clock)
    await store.put([message(n, citizen=f"IN.{n}") for n in range(50)])
    await store.put([message(99, kind="audio", citizen="IN.3")])
    assert await store.claim("w", 5, voice=True) == []  # a text of theirs comes first
    due, values = INBOX._due(1.0, True)
    plan = rows(store, f"EXPLAIN QUERY PLAN {due} ORDER BY due.due_at LIMIT 1", values)
    assert "inbox_lanes_due" in str([tuple(row) for row in plan])
    for claim in await store.claim("w", 99, voice=False):
        await store.ack(claim)
    (claim,) = await store.claim("w", 5, voice=True)
    assert claim.message.kind == "audio"
    await store.close()
