"""The inbox on a real SQLite file: durable, once, in order, fenced."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from api.inbox.port import LeaseLost
from api.inbox.store import StoredInbox
from api.whatsapp.outgoing import Choice, Draft, Outgoing
from nlu.storage.sqlite import SqliteTransaction
from tests.inbox.worker_fakes import (
    ERRORS,
    ONE_DATABASE,
    ONLY_SQLITE,
    Clock,
    message,
    open_store,
    rows,
    write,
)


def draft(text: str, *choices: Choice) -> Draft:
    return Draft(Outgoing("text", text), choices)


async def test_message_survives_reopening_whole(tmp_path: Path, clock: Clock) -> None:
    first = open_store(tmp_path / "inbox.sqlite", clock)
    sent = message(1, "నమస్తే", timestamp=5, context_id="wamid.X", phone="919848012345")
    await first.put([sent])
    await first.close()
    second = open_store(tmp_path / "inbox.sqlite", clock)
    (claim,) = await second.claim("w")
    assert claim.message == sent
    await second.close()


@ONLY_SQLITE
async def test_put_is_committed_when_it_returns(store: StoredInbox, tmp_path: Path) -> None:
    await store.put([message(1)])
    other = sqlite3.connect(tmp_path / "inbox.sqlite")
    assert other.execute("SELECT COUNT(*) FROM inbox").fetchone() == (1,)
    assert rows(store, "PRAGMA synchronous")[0][0] == 2  # FULL
    assert rows(store, "PRAGMA journal_mode")[0][0] == "wal"


async def test_repeated_delivery_changes_nothing(store: StoredInbox) -> None:
    assert await store.put([message(1), message(2)]) == 2
    assert await store.put([message(2), message(1), message(1)]) == 0
    (claim,) = await store.claim("w")
    await store.ack(claim)
    assert await store.put([message(1)]) == 0
    assert (await store.depth()).waiting == 1


async def test_many_deliveries_at_once_share_commits(store: StoredInbox) -> None:
    new = await asyncio.gather(
        *(store.put([message(n % 150, citizen=f"IN.{n % 50}")]) for n in range(300))
    )
    assert sum(new) == 150
    assert (await store.depth()).waiting == 150


@ONLY_SQLITE
async def test_a_delivery_asks_the_database_as_often_however_long_it_is(
    store: StoredInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another machine is asked ten times for a hundred messages, not a thousand times."""
    asked: list[str] = []
    execute = SqliteTransaction.execute

    def counted(db: SqliteTransaction, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        asked.append(sql)
        return execute(db, sql, values)

    monkeypatch.setattr(SqliteTransaction, "execute", counted)
    counts = []
    for first, many in ((0, 50), (1000, 200)):
        asked.clear()
        delivery = [message(first + n, citizen=f"IN.{first + n}") for n in range(many)]
        assert await store.put(delivery) == many
        counts.append(len(asked))
    assert counts[0] == counts[1] < 20


@ONLY_SQLITE
async def test_no_statement_has_more_values_than_sqlite_takes(
    store: StoredInbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """32,766 where it is built as it comes: https://sqlite.org/limits.html, section 9. Many
    deliveries at once, and one that is as long."""
    most = [0]
    execute = SqliteTransaction.execute

    def counted(db: SqliteTransaction, sql: str, values: Sequence[object] = ()) -> sqlite3.Cursor:
        most[0] = max(most[0], len(values))
        return execute(db, sql, values)

    monkeypatch.setattr(SqliteTransaction, "execute", counted)
    many = [[message(100 * d + n, citizen=f"IN.{d}") for n in range(100)] for d in range(60)]
    assert sum(await asyncio.gather(*map(store.put, many))) == 6000
    assert await store.put([message(9000 + n, citizen=f"OUT.{n}") for n in range(6000)]) == 6000
    assert 0 < most[0] < 32_766


async def test_deliveries_that_come_together_count_each_message_once(store: StoredInbox) -> None:
    """One of them twice, and one that was kept before."""
    await store.put([message(9)])
    found = await asyncio.gather(
        *(store.put([message(n), message(9), message(100)]) for n in range(8))
    )
    assert sum(found) == 9
    assert await store.put([message(n) for n in range(8)]) == 0


async def test_one_message_in_flight_per_citizen(store: StoredInbox) -> None:
    await store.put([message(1), message(2), message(3, citizen="IN.2")])
    claims = await store.claim("w", 10)
    assert sorted(c.message.message_id for c in claims) == ["wamid.IN1", "wamid.IN3"]
    assert await store.claim("w", 10) == []
    await store.ack(next(c for c in claims if c.message.citizen == "IN.1"))
    (following,) = await store.claim("w", 10)
    assert following.message.message_id == "wamid.IN2"


async def test_order_is_that_of_arrival(store: StoredInbox) -> None:
    await store.put([message(n) for n in range(20)])
    seen = []
    while claims := await store.claim("w", 5):
        for claim in claims:
            seen.append(claim.message.text)
            await store.ack(claim)
    assert seen == [f"text {n}" for n in range(20)]


@ONE_DATABASE
async def test_oldest_waiting_citizen_comes_first(store: StoredInbox, clock: Clock) -> None:
    for number in range(5):
        await store.put([message(number, citizen=f"IN.{number}")])
        clock.now += 1
    claims = [(await store.claim("w", 1))[0].message.citizen for _ in range(5)]
    assert claims == [f"IN.{n}" for n in range(5)]


async def test_lease_that_ran_out_is_taken_over_and_fenced(
    store: StoredInbox, clock: Clock
) -> None:
    await store.put([message(1)])
    (late,) = await store.claim("w1")
    clock.now += 61
    (claim,) = await store.claim("w2")
    assert (claim.attempt, claim.deaths) == (1, 1)
    for step in (
        store.ack(late, [draft("late")]),
        store.fail(late, "x", 0),
        store.bury(late, "x"),
        store.extend(late),
        store.release(late),
    ):
        with pytest.raises(LeaseLost):
            await step
    await store.ack(claim, [draft("right")])
    (parcel,) = await store.outbox.claim("w2")
    assert parcel.message.text == "right"


async def test_extended_lease_is_kept(store: StoredInbox, clock: Clock) -> None:
    await store.put([message(1)])
    (claim,) = await store.claim("w1")
    clock.now += 50
    await store.extend(claim)
    clock.now += 50
    assert await store.claim("w2") == []
    await store.ack(claim)


async def test_failed_message_waits_and_holds_its_lane(store: StoredInbox, clock: Clock) -> None:
    await store.put([message(1), message(2)])
    (claim,) = await store.claim("w")
    await store.fail(claim, "ValueError", 5)
    assert await store.claim("w") == []
    clock.now += 5
    (again,) = await store.claim("w")
    assert (again.message.message_id, again.attempt) == ("wamid.IN1", 2)


async def test_released_message_does_not_count_the_attempt(store: StoredInbox) -> None:
    await store.put([message(1)])
    (claim,) = await store.claim("w")
    await store.release(claim)
    (again,) = await store.claim("w")
    assert again.attempt == 1


async def test_dead_letter_says_sorry_and_the_lane_goes_on(store: StoredInbox) -> None:
    await store.put([message(1), message(2)])
    (claim,) = await store.claim("w")
    await store.bury(claim, "ValueError", [draft("sorry")])
    (following,) = await store.claim("w")
    assert following.message.message_id == "wamid.IN2"
    assert (await store.depth()).dead == 1
    (parcel,) = await store.outbox.claim("w")
    assert parcel.message.text == "sorry"


async def test_words_are_forgotten_once_answered(store: StoredInbox) -> None:
    await store.put([message(1, "4991 1866 5246")])
    (claim,) = await store.claim("w")
    await store.ack(claim)
    assert "4991" not in str(rows(store, "SELECT * FROM inbox"))


async def test_language_is_remembered(store: StoredInbox) -> None:
    assert (await store.citizen(message(1).lane)).language is None
    await store.put([message(1), message(2)])
    for language in ("hi", None):
        (claim,) = await store.claim("w")
        await store.ack(claim, language=language)
    assert (await store.citizen(message(1).lane)).language == "hi"


async def test_choices_belong_to_the_citizen_they_were_sent_to(store: StoredInbox) -> None:
    await store.put([message(1), message(2, citizen="IN.2")])
    claims = await store.claim("w", 2)
    mine = next(c for c in claims if c.message.citizen == "IN.1")
    await store.ack(mine, [draft("which?", Choice("abc", "/choose", "Pay", 1))])
    lane = message(1).lane
    assert await store.choice(lane, "abc") == "/choose"
    assert await store.choice(message(2, citizen="IN.2").lane, "abc") is None
    assert await store.choice(lane, "xyz") is None
    assert await store.numbered_choice(lane, 1) == "/choose"
    assert await store.numbered_choice(lane, 2) is None


async def test_numbers_count_only_in_the_last_message(store: StoredInbox) -> None:
    await store.put([message(1), message(2)])
    (claim,) = await store.claim("w")
    await store.ack(claim, [draft("which?", Choice("abc", "/choose", "Pay", 1))])
    (claim,) = await store.claim("w")
    await store.ack(claim, [draft("how many passengers?")])
    assert await store.numbered_choice(message(1).lane, 1) is None


DAY = 86400.0


async def test_purge_forgets_what_is_old_and_done(store: StoredInbox, clock: Clock) -> None:
    await store.put([message(1), message(2, citizen="IN.2")])
    claims = await store.claim("w", 2)
    await store.ack(claims[0], [draft("hi")], tracker="{}")
    (parcel,) = await store.outbox.claim("w")
    await store.outbox.sent(parcel, "wamid.OUT1")
    clock.now += 15 * DAY
    assert await store.purge(14 * DAY, 10 * DAY) == 1
    assert rows(store, "SELECT COUNT(*) FROM outbox")[0][0] == 0
    assert await store.tracker(claims[0].message.lane) is None
    assert (await store.depth()).waiting == 1


async def test_purge_keeps_what_is_still_owed(store: StoredInbox, clock: Clock) -> None:
    """A reply that has not gone, or is parked, with what its options stand for."""
    await store.put([message(1), message(2, citizen="IN.2")])
    for claim, name in zip(await store.claim("w", 2), ("abc", "xyz")):
        await store.ack(claim, [draft("which?", Choice(name, "/choose", "Pay"))], tracker="{}")
    (parcel, _) = await store.outbox.claim("w", 2)
    await store.outbox.park(parcel, "131047")
    clock.now += 400 * DAY
    await store.purge(14 * DAY, 500 * DAY)
    assert rows(store, "SELECT COUNT(*) FROM outbox WHERE state < 2")[0][0] == 2
    assert await store.choice(parcel.lane, "abc") == "/choose"
    assert await store.tracker(parcel.lane) == "{}"


@pytest.mark.slow
async def test_purge_goes_slice_by_slice(store: StoredInbox, clock: Clock) -> None:
    """Others write in between: no transaction holds more than a slice."""
    await store.put([message(n, citizen=f"IN.{n}") for n in range(1200)])
    while claims := await store.claim("w", 400):
        for claim in claims:
            await store.ack(claim)
    clock.now += 20 * DAY
    assert await store.purge(14 * DAY, DAY) == 1200


async def test_broken_store_is_an_error_not_a_loss(store: StoredInbox) -> None:
    write(store, "DROP TABLE inbox_lanes")
    with pytest.raises(ERRORS):
        await store.put([message(1)])
    assert rows(store, "SELECT COUNT(*) FROM inbox")[0][0] == 0


async def test_bad_job_does_not_spoil_its_neighbours(store: StoredInbox) -> None:
    await store.put([message(0)])
    (claim,) = await store.claim("w")
    await store.ack(claim)
    results = await asyncio.gather(
        store.put([message(1)]), store.ack(claim), store.put([message(2)]), return_exceptions=True
    )
    assert [type(result) for result in results] == [int, LeaseLost, int]


async def test_two_processes_never_own_the_same_lane(
    tmp_path: Path, clock: Clock, engine: str
) -> None:
    one = open_store(tmp_path / "inbox.sqlite", clock)
    two = open_store(tmp_path / "inbox.sqlite", clock)
    await one.put([message(n, citizen=f"IN.{n}") for n in range(40)])
    taken: list[str] = []
    while True:
        found = await asyncio.gather(one.claim("a", 3), two.claim("b", 3))
        if not any(found):
            break
        taken += [claim.message.message_id for claims in found for claim in claims]
    assert len(taken) == len(set(taken)) == 40
    await one.close()
    await two.close()


async def test_voices_and_texts_can_be_claimed_apart(store: StoredInbox) -> None:
    """By what a citizen's first open message is."""
    voice = replace(message(1, citizen="IN.V"), kind="audio", text=None)
    await store.put([voice, message(2, citizen="IN.V"), message(3, citizen="IN.T")])
    (text,) = await store.claim("w", 5, voice=False)
    assert text.message.message_id == "wamid.IN3"
    assert await store.claim("w", 5, voice=False) == []
    (spoken,) = await store.claim("w", 5, voice=True)
    assert spoken.message.message_id == "wamid.IN1"
    await store.ack(spoken)
    assert await store.claim("w", 5, voice=True) == []
    (after,) = await store.claim("w", 5, voice=False)
    assert after.message.message_id == "wamid.IN2"


async def test_what_is_said_meanwhile_is_said_once(store: StoredInbox, clock: Clock) -> None:
    """For one message and name, before its answer, and only by the owner of the lane."""
    await store.put([message(1)])
    (claim,) = await store.claim("w")
    for _ in range(2):
        await store.say_meanwhile(claim, "listening", [draft("listening")])
    (parcel,) = await store.outbox.claim("w", 5)
    assert parcel.message.text == "listening"
    await store.outbox.sent(parcel, "wamid.OUT1")
    clock.now += 100
    (again,) = await store.claim("w2")
    with pytest.raises(LeaseLost):
        await store.say_meanwhile(claim, "other", [draft("late")])
    await store.say_meanwhile(again, "listening", [draft("listening")])
    await store.ack(again, [draft("answer")])
    (parcel,) = await store.outbox.claim("w", 5)
    assert parcel.message.text == "answer"
