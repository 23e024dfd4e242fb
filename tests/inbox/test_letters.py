"""`seva inbox`: dead letters are listed, shown masked, answered after all, or dropped."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path

import pytest

from api.inbox.commands import (
    drop_command,
    hold_command,
    list_command,
    purge_command,
    requeue_command,
    show_command,
)
from api.inbox.store import StoredInbox
from api.whatsapp.outgoing import Choice, Draft, Outgoing
from api.whatsapp.payload import Status
from tests.inbox.worker_fakes import (
    ENGINE,
    Clock,
    FakeEngine,
    FakeWhatsApp,
    make_worker,
    message,
    rows,
    write,
)

AADHAAR = "2341 2341 2346"


@pytest.fixture
def here(tmp_path: Path, engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEVA_DATABASE_URL", ENGINE.url or f"sqlite:///{tmp_path}/inbox.sqlite")


async def dead_letter(store: StoredInbox, whatsapp: FakeWhatsApp, clock: Clock) -> None:
    """A message was given up, its apology sent, and a later one answered."""
    engine = FakeEngine(failures=[RuntimeError()] * 3)
    await store.put([message(1, f"naa aadhaar {AADHAAR}"), message(2)])
    for _ in range(4):
        await make_worker(store, engine, whatsapp, clock).drain()
        clock.now += 30


async def test_dead_letter_is_answered_after_all(
    store: StoredInbox, clock: Clock, here: None, capsys: pytest.CaptureFixture[str]
) -> None:
    whatsapp = FakeWhatsApp()
    await dead_letter(store, whatsapp, clock)
    assert whatsapp.texts() == ["te:internal_error", "echo text 2"]
    assert list_command(waiting=False, most=9, as_json=True) == 0
    (letter,) = json.loads(capsys.readouterr().out)
    assert (letter["number"], letter["state"], letter["words"]) == (1, "dead", None)
    assert requeue_command(["1"]) == 0
    await make_worker(store, FakeEngine(), whatsapp, clock).drain()
    assert whatsapp.texts()[2:] == [f"echo naa aadhaar {AADHAAR}"]
    assert (await store.depth()).dead == 0


async def test_apology_that_has_not_gone_does_not_go(
    store: StoredInbox, clock: Clock, here: None
) -> None:
    await store.put([message(1)])
    (claim,) = await store.claim("w")
    worker = make_worker(store, FakeEngine(), FakeWhatsApp(), clock)
    await worker._give_up(claim, "why")
    assert requeue_command(["all"]) == 0
    whatsapp = FakeWhatsApp()
    await make_worker(store, FakeEngine(), whatsapp, clock).drain()
    assert whatsapp.texts() == ["echo text 1"]


async def test_words_are_shown_masked(
    store: StoredInbox, clock: Clock, here: None, capsys: pytest.CaptureFixture[str]
) -> None:
    await dead_letter(store, FakeWhatsApp(), clock)
    assert show_command(1, as_json=False) == 0
    shown = capsys.readouterr().out
    assert "naa aadhaar" in shown and "2341 2341" not in shown and "2346" in shown


async def test_dropped_letter_is_forgotten_and_known(
    store: StoredInbox, clock: Clock, here: None
) -> None:
    await dead_letter(store, FakeWhatsApp(), clock)
    assert drop_command(["1"]) == 0
    assert (await store.depth()).dead == 0
    assert await store.put([message(1)]) == 0
    assert rows(store, "SELECT payload FROM inbox WHERE seq = 1")[0][0] == ""


async def test_what_is_no_dead_letter_is_refused(
    store: StoredInbox, here: None, capsys: pytest.CaptureFixture[str]
) -> None:
    await store.put([message(1)])
    for command in (requeue_command, drop_command):
        assert command(["1"]) == 1
        assert command(["x"]) == 1
    assert "no dead letter" in capsys.readouterr().err


async def test_purge_deletes_what_was_kept_long_enough_and_nothing_else(
    store: StoredInbox, here: None, capsys: pytest.CaptureFixture[str]
) -> None:
    for number in (1, 2):
        await store.put([message(number)])
        (claim,) = await store.claim("w")
        await store.bury(claim, "why", [])
    now = time.time()
    for number, received in ((1, now - 30 * 86400), (2, now)):
        write(store, "UPDATE inbox SET received_at = ? WHERE seq = ?", (received, number))
    assert await asyncio.to_thread(purge_command) == 0
    assert capsys.readouterr().out == "messages deleted: 1\n"
    assert [row[0] for row in rows(store, "SELECT seq FROM inbox")] == [2]


def test_without_an_inbox_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEVA_DATABASE_URL", f"sqlite:///{tmp_path}/none.sqlite")
    assert list_command(waiting=True, most=1, as_json=False) == purge_command() == 1
    assert capsys.readouterr().err.count("no inbox") == 2


async def requeued(store: StoredInbox, *states: tuple[str, int | None]) -> str:
    """A message whose apology went and fared like this, and which waits again; the tracker that
    WhatsApp knows the apology by."""
    await store.put([message(1)])
    (claim,) = await store.claim("w")
    await store.bury(claim, "why", [Draft(Outgoing("text", "sorry"))])
    (parcel,) = await store.outbox.claim("w")
    await store.outbox.sent(parcel, "wamid.OUT1")
    for state, code in states:
        await store.put([], [Status("wamid.OUT1", state, tracker=parcel.tracker, code=code)])
    assert requeue_command(["1"]) == 0
    return parcel.tracker


@pytest.mark.parametrize("late", ["sent", "delivered", "read"])
@pytest.mark.parametrize("before", [[], [("delivered", None)], [("failed", 131016)]])
async def test_what_is_told_of_the_apology_says_nothing_of_the_answer(
    store: StoredInbox,
    clock: Clock,
    here: None,
    late: str,
    before: list[tuple[str, int | None]],
) -> None:
    tracker = await requeued(store, *before)
    (claim,) = await store.claim("w")
    await store.ack(claim, [Draft(Outgoing("text", "the answer"), (Choice("a", "/a", "A", 1),))])
    await store.put([], [Status("wamid.OUT1", late, tracker=tracker)])
    clock.now += 60
    (parcel,) = await store.outbox.claim("w")
    assert parcel.message.text == "the answer" and parcel.tracker != tracker
    assert await store.numbered_choice(claim.message.lane, 1) == "/a"
    await store.outbox.park(parcel, "131047")
    await store.put([], [Status("wamid.OUT1", late, tracker=tracker)])
    await store.put([message(2)])
    assert [one.message.text for one in await store.outbox.claim("w")] == ["the answer"]


async def test_message_is_requeued_again_and_again(
    store: StoredInbox, clock: Clock, here: None
) -> None:
    await requeued(store)
    for number in (2, 3):
        (claim,) = await store.claim("w")
        await store.bury(claim, "why", [Draft(Outgoing("text", f"sorry {number}"))])
        (parcel,) = await store.outbox.claim("w")
        await store.outbox.sent(parcel, f"wamid.OUT{number}")
        assert requeue_command(["1"]) == 0
    whatsapp = FakeWhatsApp()
    await make_worker(store, FakeEngine(), whatsapp, clock).drain()
    assert whatsapp.texts() == ["echo text 1"]


@pytest.mark.parametrize("doubtful", [False, True])
async def test_requeue_leaves_a_reply_that_is_on_its_way_to_its_owner(
    store: StoredInbox, clock: Clock, here: None, doubtful: bool
) -> None:
    await store.put([message(1)])
    (claim,) = await store.claim("w")
    await store.ack(claim, [Draft(Outgoing("text", "first"))])
    (parcel,) = await store.outbox.claim("w")
    if doubtful:
        await store.outbox.doubt(parcel, 30, "ReadTimeout")
    await store.put([message(2)])
    (claim,) = await store.claim("w")
    await store.bury(claim, "why", [Draft(Outgoing("text", "sorry"))])
    assert requeue_command(["2"]) == 0
    assert await store.outbox.claim("w") == []
    if not doubtful:
        await store.outbox.sent(parcel, "wamid.OUT1")
    clock.now += 29
    assert await store.outbox.claim("w") == []


async def test_what_was_held_goes_out_only_when_somebody_asks_for_it(
    store: StoredInbox, clock: Clock, here: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """As after a restore: one reply was being sent, one waited, two messages waited."""
    await store.put([message(1), message(2, citizen="IN.2")])
    for claim in await store.claim("w", 2):
        await store.ack(claim, [Draft(Outgoing("text", f"answer {claim.message.citizen}"))])
    await store.outbox.claim("w")
    await store.put([message(3), message(4, citizen="IN.3")])
    assert hold_command() == 0
    assert "rows held: 4" in capsys.readouterr().out
    clock.now += 3600
    whatsapp = FakeWhatsApp()
    await make_worker(store, FakeEngine(), whatsapp, clock).drain()
    assert whatsapp.texts() == []
    assert requeue_command(["4"]) == 0
    await store.put([message(5)])
    await make_worker(store, FakeEngine(), whatsapp, clock).drain()
    assert sorted(whatsapp.texts()) == ["answer IN.1", "echo text 4", "echo text 5"]
    assert hold_command() == 0
    assert "nothing waits" in capsys.readouterr().out
