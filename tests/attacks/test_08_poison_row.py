"""A row that cannot be read is buried alone, with an alarm; everybody else is served."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from api.inbox.sqlite import SqliteInbox
from api.whatsapp.outgoing import Draft, Outgoing
from nlu.reply import Button, Reply
from nlu.storage.keys import new_key
from nlu.storage.sealing import seal
from tests.inbox.worker_fakes import (
    POLICY,
    Clock,
    FakeEngine,
    FakeWhatsApp,
    make_worker,
    message,
)

POISON = {
    "a field of tomorrow": lambda: seal({"message_id": "x", "tomorrow": 1}),
    "a version of tomorrow": lambda: seal({}, version=99),
    "a key that is gone": lambda: Fernet(Fernet.generate_key()).encrypt(b"[1, {}]").decode(),
    "no token at all": lambda: '{"kind": "text"}',
    "nothing": lambda: "",
}


@pytest.mark.parametrize("kind", POISON)
async def test_unreadable_message_is_buried_alone(
    store: SqliteInbox, clock: Clock, tmp_path: Path, kind: str
) -> None:
    await store.put([message(n, citizen=f"IN.{n}") for n in range(5)])
    await store.put([message(9, citizen="IN.2")])
    with sqlite3.connect(tmp_path / "inbox.sqlite") as db:
        where = "WHERE message_id = 'wamid.IN2'"
        db.execute(f"UPDATE inbox SET payload = ? {where}", (POISON[kind](),))
    whatsapp = FakeWhatsApp()
    await make_worker(store, FakeEngine(), whatsapp, clock).drain()
    said = {who: text.text for _, who, text in whatsapp.taken if who != "IN.2"}
    assert said == {f"IN.{n}": f"echo text {n}" for n in (0, 1, 3, 4)}
    own = [text.text for _, who, text in whatsapp.taken if who == "IN.2"]
    assert own == ["te:internal_error", "echo text 9"]  # told, and the lane goes on
    assert (await store.depth()).dead == 1


@pytest.mark.parametrize("kind", POISON)
async def test_unreadable_reply_fails_alone(
    store: SqliteInbox, clock: Clock, tmp_path: Path, kind: str
) -> None:
    await store.put([message(n, citizen=f"IN.{n}") for n in range(3)])
    for claim in await store.claim("w", 9):
        two = [Draft(Outgoing("text", f"{part} {claim.message.citizen}")) for part in "AB"]
        await store.ack(claim, two)
    with sqlite3.connect(tmp_path / "inbox.sqlite") as db:
        where = "WHERE tracker = 'wamid.IN1:0'"
        db.execute(f"UPDATE outbox SET body = ? {where}", (POISON[kind](),))
    whatsapp = FakeWhatsApp()
    await make_worker(store, FakeEngine(), whatsapp, clock).drain()
    assert sorted(whatsapp.texts()) == ["A IN.0", "A IN.2", "B IN.0", "B IN.1", "B IN.2"]


async def test_unreadable_tracker_is_told_and_then_begun_afresh(
    store: SqliteInbox, clock: Clock, tmp_path: Path
) -> None:
    engine, whatsapp = FakeEngine(), FakeWhatsApp()
    await store.put([message(1)])
    await make_worker(store, engine, whatsapp, clock).drain()
    with sqlite3.connect(tmp_path / "inbox.sqlite") as db:
        db.execute("UPDATE trackers SET tracker = ?", (POISON["a version of tomorrow"](),))
    await store.put([message(2), message(3)])
    await make_worker(store, engine, whatsapp, clock).drain()
    assert whatsapp.texts() == ["echo text 1", "te:internal_error", "echo text 3"]


async def test_tracker_without_its_key_waits_until_the_key_is_back(
    store: SqliteInbox, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trouble of ours: no attempt, no apology, and the conversation goes on where it was."""
    old, new = new_key(), new_key()
    monkeypatch.setenv("SEVA_SEALING_KEY", old)
    monkeypatch.setenv("SEVA_HASHING_KEY", old)
    engine, whatsapp = FakeEngine(), FakeWhatsApp()
    worker = make_worker(store, engine, whatsapp, clock)
    await store.put([message(1)])
    await worker.drain()
    kept = await store.tracker(message(1).lane)
    monkeypatch.setenv("SEVA_SEALING_KEY", new)
    await store.put([message(2), message(3), message(4, citizen="IN.4")])
    for _ in range(POLICY.turn_attempts + 1):
        await worker.drain()
        clock.now += POLICY.alert_wait[0]
    assert whatsapp.texts() == ["echo text 1", "echo text 4"]
    assert not worker.outage.what  # others are answered
    monkeypatch.setenv("SEVA_SEALING_KEY", f"{new},{old}")
    assert await store.tracker(message(1).lane) == kept
    await worker.drain()
    assert whatsapp.texts()[2:] == ["echo text 2", "echo text 3"]
    assert {metadata["attempt"] for _, metadata in engine.heard} == {1}


@pytest.mark.parametrize("kind", [kind for kind in POISON if "field" not in kind])
async def test_unreadable_option_is_an_old_button_and_costs_no_conversation(
    store: SqliteInbox, clock: Clock, tmp_path: Path, kind: str
) -> None:
    buttons = (Button("/pick", "option"),)
    engine, whatsapp = FakeEngine(answer=lambda text: [Reply("pick", buttons)]), FakeWhatsApp()
    worker = make_worker(store, engine, whatsapp, clock)
    await store.put([message(1)])
    await worker.drain()
    kept = await store.tracker(message(1).lane)
    with sqlite3.connect(tmp_path / "inbox.sqlite") as db:
        db.execute("UPDATE choices SET payload = ?, number = 1", (POISON[kind](),))
        (button,) = db.execute("SELECT id FROM choices").fetchone()
    await store.put([message(2, "1"), message(3, kind="button", button_id=button)])
    await worker.drain()
    assert whatsapp.texts()[-2:] == ["te:old_button"] * 2
    assert await store.tracker(message(1).lane) == kept
    assert (await store.depth()).dead == 0


async def test_file_of_a_newer_version_is_not_opened(tmp_path: Path) -> None:
    from tests.inbox.worker_fakes import open_store

    path = tmp_path / "new.sqlite"
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(ValueError, match="version 99"):
        open_store(path, Clock())
