"""A row that cannot be read is buried alone, with an alarm; everybody else is served.

But for one whose key is away: that is no fault of the row, and mended by the operator who puts the
key back. It waits in its place.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from api.inbox.commands import drop_command
from api.inbox.letters import Letters, NotNow
from api.inbox.store import StoredInbox
from api.inbox.unopened import NO_KEY
from api.whatsapp.outgoing import Draft, Outgoing
from nlu.storage.keys import new_key
from nlu.storage.sealing import seal
from nlu.turn import Button, Reply
from tests.inbox.worker_fakes import (
    ENGINE,
    POLICY,
    Clock,
    FakeEngine,
    FakeWhatsApp,
    failed_turns,
    make_worker,
    message,
    open_database,
    rows,
    write,
)

POISON = {
    "a field of tomorrow": lambda: seal({"message_id": "x", "tomorrow": 1}),
    "a version of tomorrow": lambda: seal({}, version=99),
    "no token at all": lambda: '{"kind": "text"}',
    "nothing": lambda: "",
    "something else": lambda: seal(7),
}


@pytest.mark.parametrize("kind", POISON)
async def test_unreadable_message_is_buried_alone(
    store: StoredInbox, clock: Clock, tmp_path: Path, kind: str
) -> None:
    await store.put([message(n, citizen=f"IN.{n}") for n in range(5)])
    await store.put([message(9, citizen="IN.2")])
    where = "WHERE message_id = 'wamid.IN2'"
    write(store, f"UPDATE inbox SET payload = ? {where}", (POISON[kind](),))
    whatsapp = FakeWhatsApp()
    await make_worker(store, FakeEngine(), whatsapp, clock).drain()
    said = {who: text.text for _, who, text in whatsapp.taken if who != "IN.2"}
    assert said == {f"IN.{n}": f"echo text {n}" for n in (0, 1, 3, 4)}
    own = [text.text for _, who, text in whatsapp.taken if who == "IN.2"]
    assert own == ["te:internal_error", "echo text 9"]  # told, and the lane goes on
    assert (await store.depth()).dead == 1


@pytest.mark.parametrize("kind", POISON)
async def test_unreadable_reply_fails_alone(
    store: StoredInbox, clock: Clock, tmp_path: Path, kind: str
) -> None:
    await store.put([message(n, citizen=f"IN.{n}") for n in range(3)])
    for claim in await store.claim("w", 9):
        two = [Draft(Outgoing("text", f"{part} {claim.message.citizen}")) for part in "AB"]
        await store.ack(claim, two)
    where = "WHERE tracker = 'wamid.IN1:0'"
    write(store, f"UPDATE outbox SET body = ? {where}", (POISON[kind](),))
    whatsapp = FakeWhatsApp()
    await make_worker(store, FakeEngine(), whatsapp, clock).drain()
    assert sorted(whatsapp.texts()) == ["A IN.0", "A IN.2", "B IN.0", "B IN.1", "B IN.2"]


async def test_unreadable_tracker_is_told_and_then_begun_afresh(
    store: StoredInbox, clock: Clock, tmp_path: Path
) -> None:
    engine, whatsapp = FakeEngine(), FakeWhatsApp()
    await store.put([message(1)])
    await make_worker(store, engine, whatsapp, clock).drain()
    write(store, "UPDATE trackers SET tracker = ?", (POISON["a version of tomorrow"](),))
    await store.put([message(2), message(3)])
    await make_worker(store, engine, whatsapp, clock).drain()
    assert whatsapp.texts() == ["echo text 1", "te:internal_error", "echo text 3"]


class Keys:
    """The keys in the environment; one may be away for a while."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.patch = monkeypatch
        self.old, self.new = (Fernet.generate_key().decode() for _ in range(2))
        monkeypatch.setenv("SEVA_HASHING_KEY", self.old)
        self.use(self.new, self.old)

    def use(self, *keys: str) -> None:
        self.patch.setenv("SEVA_SEALING_KEY", ",".join(keys))


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Keys:
    return Keys(monkeypatch)


def alarms(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str]]:
    lines = [json.loads(line) for line in caplog.messages if line.startswith("{")]
    return [(one["store"], one["row"]) for one in lines if one["event"] == "unreadable"]


async def test_message_whose_key_is_away_waits_in_its_place(
    store: StoredInbox, clock: Clock, keys: Keys, caplog: pytest.LogCaptureFixture
) -> None:
    """One process had the new key before the worker had: the worker buried what it sealed."""
    await store.put([message(1)])
    keys.use(keys.old)
    await store.put([message(2), message(3, citizen="IN.2")])
    whatsapp = FakeWhatsApp()
    for _ in range(5):
        await make_worker(store, FakeEngine(), whatsapp, clock).drain()
        clock.now += 600
    assert whatsapp.texts() == ["echo text 3"]
    assert alarms(caplog) == [("inbox", "1")]
    depth = await store.depth()
    assert (depth.dead, depth.waiting) == (0, 2)
    keys.use(keys.new, keys.old)
    await make_worker(store, FakeEngine(), whatsapp, clock).drain()
    assert whatsapp.texts() == ["echo text 3", "echo text 1", "echo text 2"]


@pytest.fixture
def lost(
    tmp_path: Path, clock: Clock, engine: str, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], int]:
    """What an operator drops; how many rows."""
    monkeypatch.setenv("SEVA_DATABASE_URL", ENGINE.url or f"sqlite:///{tmp_path}/inbox.sqlite")

    def drop() -> int:
        with closing(Letters(open_database(tmp_path / "inbox.sqlite", clock))) as letters:
            return letters.drop_lost()

    return drop


async def test_message_whose_key_is_lost_for_good_is_dropped_by_an_operator(
    store: StoredInbox,
    clock: Clock,
    keys: Keys,
    lost: Callable[[], int],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    await store.put([message(1)])
    keys.use(keys.old)
    await store.put([message(2)])
    whatsapp = FakeWhatsApp()
    await make_worker(store, FakeEngine(), whatsapp, clock).drain()
    with closing(Letters(open_database(tmp_path / "inbox.sqlite", clock))) as letters:
        assert [one.reason for one in letters.some("waiting", 9)] == [NO_KEY, None]
        with pytest.raises(NotNow):
            letters.drop(1)  # its key may be back tomorrow
    keys.use(keys.new, keys.old)
    assert lost() == 0  # whoever has the key drops nothing
    keys.use(keys.old)
    assert drop_command(["lost"]) == 0
    assert capsys.readouterr().out == "rows dropped: 1\n"
    await make_worker(store, FakeEngine(), whatsapp, clock).drain()
    assert whatsapp.texts() == ["echo text 2"]
    assert await store.put([message(1)]) == 0


async def test_reply_whose_key_is_lost_for_good_is_dropped_by_an_operator(
    store: StoredInbox, clock: Clock, keys: Keys, lost: Callable[[], int]
) -> None:
    """It held up every later reply to its citizen, and no command ended that."""
    await store.put([message(1)])
    (claim,) = await store.claim("w")
    await store.ack(claim, [Draft(Outgoing("text", "A"))])
    keys.use(keys.old)
    await store.put([message(2)])
    whatsapp = FakeWhatsApp()
    for _ in range(3):
        await make_worker(store, FakeEngine(), whatsapp, clock).drain()
        clock.now += 61
    assert whatsapp.texts() == []
    assert lost() == 1
    await make_worker(store, FakeEngine(), whatsapp, clock).drain()
    assert whatsapp.texts() == ["echo text 2"]
    assert lost() == 0


async def test_conversation_whose_key_is_lost_for_good_begins_anew(
    store: StoredInbox, clock: Clock, keys: Keys, lost: Callable[[], int]
) -> None:
    whatsapp = FakeWhatsApp()
    worker = make_worker(store, FakeEngine(), whatsapp, clock)
    await store.put([message(1), message(2, citizen="IN.2")])
    await worker.drain()
    keys.use(keys.old)
    await store.put([message(3)])  # the other citizen waits for nothing, and keeps what was said
    await worker.drain()
    assert lost() == 1
    await worker.drain()
    assert whatsapp.texts()[2:] == ["echo text 3"]
    keys.use(keys.old, keys.new)
    assert await store.tracker(message(2, citizen="IN.2").lane)


async def test_what_a_worker_has_in_hand_is_not_dropped(
    store: StoredInbox, clock: Clock, keys: Keys, lost: Callable[[], int]
) -> None:
    """The worker may have the key that the operator's shell lacks."""
    await store.put([message(1)])
    keys.use(keys.old)
    assert await store.claim("w") == []
    await store.tend()
    keys.use(keys.new, keys.old)
    clock.now += 61
    (claim,) = await store.claim("w")
    keys.use(keys.old)
    assert lost() == 0
    keys.use(keys.new, keys.old)
    await store.ack(claim)


@pytest.mark.parametrize("doubtful", [False, True])
async def test_reply_whose_key_is_away_waits_in_its_place(
    store: StoredInbox,
    clock: Clock,
    keys: Keys,
    caplog: pytest.LogCaptureFixture,
    doubtful: bool,
) -> None:
    await store.put([message(1), message(2, citizen="IN.2")])
    first, second = await store.claim("w", 2)
    await store.ack(first, [Draft(Outgoing("text", "A")), Draft(Outgoing("text", "B"))])
    if doubtful:
        await store.outbox.claim("dies")
        clock.now += 61
    keys.use(keys.old)
    await store.ack(second, [Draft(Outgoing("text", "C"))])
    whatsapp = FakeWhatsApp()
    for _ in range(5):
        await make_worker(store, FakeEngine(), whatsapp, clock).drain()
        clock.now += 61
    assert whatsapp.texts() == ["C"]
    assert alarms(caplog) == [("outbox", "1")]
    keys.use(keys.new, keys.old)
    await make_worker(store, FakeEngine(), whatsapp, clock).drain()
    assert whatsapp.texts() == ["C", "A", "B"]


async def test_many_rows_whose_key_is_away_keep_nobody_waiting(
    store: StoredInbox, clock: Clock, keys: Keys
) -> None:
    await store.put([message(n, citizen=f"IN.{n}") for n in range(60)])
    for claim in await store.claim("w", 30):
        await store.ack(claim, [Draft(Outgoing("text", "A"))])
    keys.use(keys.old)
    clock.now += 1
    await store.put([message(n, citizen=f"IN.{n}") for n in (98, 99)])
    (claim,) = await store.claim("w")
    await store.ack(claim, [Draft(Outgoing("text", "C"))])
    (parcel,) = await store.outbox.claim("w")
    assert parcel.message.text == "C"
    assert len(await store.claim("w")) == 1


async def test_tracker_without_its_key_waits_until_the_key_is_back(
    store: StoredInbox, clock: Clock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
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
    for _ in range(POLICY.retry.turn.attempts + 1):
        await worker.drain()
        clock.now += POLICY.retry.alert.wait[0]
    assert whatsapp.texts() == ["echo text 1", "echo text 4"]
    assert not worker.outage.what  # others are answered
    monkeypatch.setenv("SEVA_SEALING_KEY", f"{new},{old}")
    assert await store.tracker(message(1).lane) == kept
    await worker.drain()
    assert whatsapp.texts()[2:] == ["echo text 2", "echo text 3"]
    assert failed_turns(store) == {0}


@pytest.mark.parametrize("kind", [kind for kind in POISON if "field" not in kind])
async def test_unreadable_option_is_an_old_button_and_costs_no_conversation(
    store: StoredInbox, clock: Clock, tmp_path: Path, kind: str
) -> None:
    buttons = (Button("option", "/pick"),)
    engine, whatsapp = FakeEngine(answer=lambda text: [Reply("pick", buttons)]), FakeWhatsApp()
    worker = make_worker(store, engine, whatsapp, clock)
    await store.put([message(1)])
    await worker.drain()
    kept = await store.tracker(message(1).lane)
    write(store, "UPDATE choices SET payload = ?, number = 1", (POISON[kind](),))
    ((button,),) = rows(store, "SELECT id FROM choices")
    await store.put([message(2, "1"), message(3, kind="button", button_id=button)])
    await worker.drain()
    assert whatsapp.texts()[-2:] == ["te:old_button"] * 2
    assert await store.tracker(message(1).lane) == kept
    assert (await store.depth()).dead == 0


async def test_file_of_a_newer_version_is_not_opened(tmp_path: Path) -> None:
    """One that took away what this version needs."""
    from tests.inbox.worker_fakes import open_store

    path = tmp_path / "new.sqlite"
    await open_store(path, Clock()).close()
    with sqlite3.connect(path) as db:
        db.execute("INSERT INTO alembic_version_inbox VALUES ('0099_after')")
    with pytest.raises(ValueError, match=r"of a newer Seva .*after 0099"):
        open_store(path, Clock())
