"""A turn leaves its message for the candidate, and nothing while there is none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api.inbox import shadow as table
from api.inbox.port import LeaseLost
from api.inbox.review import named
from api.inbox.shadow import Candidate
from api.review.rules import load_rules
from api.shadow.feed import Feed
from api.shadow.sample import Asked
from nlu.speech.transcript import Reading
from nlu.storage.database import DatabaseAway
from nlu.turn import ERASE, Message
from tests.inbox.worker_fakes import (
    PHONE_ID,
    FakeEngine,
    FakeWhatsApp,
    make_worker,
    message,
)
from tests.shadow.conftest import BILL, FIVE, LIVE, MODEL, Machine, turned, understood

WAITING = "SELECT * FROM shadow_messages ORDER BY seq"


def ready(percent: float = 100) -> Feed:
    """A feed that knows its candidate."""

    async def never() -> Candidate | None:
        raise AssertionError("a turn asks nobody")

    feed = Feed(percent, never)
    feed.candidate = Candidate(3, MODEL, LIVE)
    return feed


@pytest.mark.parametrize("key", FIVE)
async def test_a_message_waits_masked_and_sealed(machine: Machine, key: str) -> None:
    candidate = machine.begin()
    text = f"{FIVE[key]} 6123401005678"
    await machine.say(text, told=lambda heard: understood(heard.text, key=key))
    [row] = machine.rows(WAITING)
    asked = Asked.of(row["payload"])
    assert asked.item.text == f"{FIVE[key]} XXXXXXXXX5678"
    assert (asked.item.key, asked.item.did) == (key, f"route:{BILL}")
    assert asked.question() == f"{FIVE[key]} 9999999995678"  # a number again, nobody's
    assert row["candidate"] == candidate.number
    assert row["who"] == named(f"{PHONE_ID}:IN.10")
    assert row["hour"] % 3600 == 0 and 0 <= machine.desk.clock.now - row["hour"] < 3600
    told = " ".join(str(value) for value in tuple(row))
    assert "6123401" not in told and FIVE[key] not in told and "wamid" not in told
    assert machine.rows("SELECT 1 FROM review_arrivals") == []


async def test_without_a_candidate_nothing_waits(machine: Machine) -> None:
    await machine.say("power bill")
    machine.begin()
    machine.candidates.end(MODEL, "Anita", "enough")
    await machine.say("power bill")
    assert machine.rows(WAITING) == []


async def test_a_worker_that_is_off_leaves_nothing(machine: Machine) -> None:
    """Without a share there is no feed at all."""
    machine.begin()
    await machine.desk.inbox.put([message(1, "power bill")])
    engine = FakeEngine(understand=lambda heard: understood(heard.text))
    await make_worker(machine.desk.inbox, engine, FakeWhatsApp(), machine.desk.clock).drain()
    assert machine.rows(WAITING) == []


async def test_a_candidate_that_is_dead_costs_nothing(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody takes anything: citizens are answered, and the table stays as small as it is."""
    rules = replace(table.load_rules(), most=3)
    monkeypatch.setattr(table, "load_rules", lambda: rules)
    machine.begin()
    texts = [f"power bill {number}" for number in range(12)]
    whatsapp = await machine.say(*texts)
    assert sorted(whatsapp.texts()) == sorted(f"echo {text}" for text in texts)
    each = [database.look(table.depth) for database in machine.desk.databases]
    at_once = 4  # turns of this worker that end at the same moment
    assert max(each) < 3 + at_once and 3 <= len(machine.rows(WAITING)) <= sum(each)
    kept = len(machine.rows(WAITING))
    await machine.say(*texts)
    assert kept <= len(machine.rows(WAITING)) < (3 + at_once) * len(each)


async def test_there_is_room_again_when_messages_were_taken(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = replace(table.load_rules(), most=2)
    monkeypatch.setattr(table, "load_rules", lambda: rules)
    machine.begin()
    for _ in range(4):
        await machine.say("power bill")
    assert await machine.compare() == len(machine.desk.databases) * 2 or machine.counts()
    await machine.say("power bill")
    assert len(machine.rows(WAITING)) == 1


async def test_a_late_worker_leaves_nothing(machine: Machine) -> None:
    candidate = machine.begin()
    await machine.desk.inbox.put([message(1, "power bill")])
    [late] = await machine.desk.inbox.claim("late")
    machine.desk.clock.now += 61
    [owner] = await machine.desk.inbox.claim("owner")
    feed = ready()
    feed.candidate = candidate
    said = Message("power bill", late.message.lane, "wamid.IN1")
    found = feed.samples(said, turned(understood("power bill")))
    with pytest.raises(LeaseLost):
        await machine.desk.inbox.ack(late, shadow=found)
    assert machine.rows(WAITING) == []
    await machine.desk.inbox.ack(owner, shadow=[*found, *found])  # a repeated one changes nothing
    assert len(machine.rows(WAITING)) == 1


async def test_delete_my_data_keeps_not_even_its_own_words(machine: Machine) -> None:
    candidate = machine.begin()
    await machine.desk.inbox.put([message(1, "delete my data")])
    [claim] = await machine.desk.inbox.claim("w")
    feed = ready()
    feed.candidate = candidate
    said = Message("delete my data", claim.message.lane, "wamid.IN1")
    found = feed.samples(said, turned(understood("delete my data", "conversation")))
    assert len(found) == 1
    await machine.desk.inbox.ack(claim, (), "en", "1", (ERASE,), shadow=found)
    assert machine.rows(WAITING) == []


async def test_the_answer_does_not_hang_on_it(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(self: Feed, *_: Any) -> Any:
        raise RuntimeError("broken")

    machine.begin()
    monkeypatch.setattr(Feed, "samples", broken)
    assert (await machine.say("power bill")).texts() == ["echo power bill"]
    assert machine.rows(WAITING) == []


@pytest.mark.parametrize("kind", ["route", "clarify", "conversation", "out_of_scope"])
def test_every_kind_of_decision_is_held_against(kind: str) -> None:
    said = Message("power bill", "1:2", "m", language="te")
    [found] = ready().samples(said, turned(understood("power bill", kind)))
    asked = Asked.of(found.payload)
    wanted = {"route": f"route:{BILL}", "conversation": f"conversation:{BILL}"}
    assert asked.item.did == wanted.get(kind, kind)
    assert (asked.language, found.candidate, found.lane) == ("te", 3, "1:2")


@pytest.mark.parametrize(
    "said, told",
    [
        (Message("power bill", "1:2", "m"), None),  # an answer in a form
        (Message("/menu", "1:2", "m", tapped=True), understood("/menu")),
        (Message("  ", "1:2", "m"), understood("  ")),
        (Message("power bill", "1:2", "m"), understood("power bill", model="a canary")),
        (Message("a" * 2000, "1:2", "m"), understood("a" * 2000)),  # it would be cut
        (
            Message("a", "1:2", "m", readings=(Reading("a" * 2000, "te"), Reading("a", "en"))),
            understood("a", spoken=True),
        ),
    ],
)
def test_what_is_left_out(said: Message, told: Any) -> None:
    assert ready().samples(said, turned(told)) == ()


def test_the_share_is_by_hash_and_not_that_of_the_review() -> None:
    some, told = ready(20), turned(understood("power bill"))
    names = [f"wamid.{number}" for number in range(2000)]
    found = [one for one in names if some.samples(Message("power bill", "1:2", one), told)]
    assert 300 < len(found) < 500
    assert found == [one for one in names if some.samples(Message("power bill", "1:2", one), told)]
    from api.review.pick import in_share

    assert set(found) != {one for one in names if in_share(one, 20)}
    assert ready(0).samples(Message("power bill", "1:2", "wamid.1"), told) == ()


def test_readings_of_a_voice_note_are_kept_in_their_order_masked() -> None:
    heard = (Reading("bill 98480 12345", "te", 0.6), Reading("बिल", "hi", 0.3))
    said = Message("bill 98480 12345", "1:2", "m", readings=heard)
    [found] = ready().samples(said, turned(understood("बिल", key="hi", spoken=True)))
    asked = Asked.of(found.payload)
    assert asked.heard == (Reading("bill XXXXXX2345", "te", 0.6), heard[1])
    assert asked.readings()[0].text == "bill 9999992345"
    assert len(asked.heard) <= load_rules().readings + 1


async def test_who_cannot_be_asked_has_no_candidate() -> None:
    answers: list[Any] = [Candidate(1, MODEL, LIVE), DatabaseAway("gone"), None]

    async def ask() -> Candidate | None:
        one = answers.pop(0)
        if isinstance(one, Exception):
            raise one
        return one

    feed = Feed(100, ask)
    await feed.look()
    assert feed.candidate == Candidate(1, MODEL, LIVE)
    await feed.look()
    assert feed.candidate is None
    await feed.look()
    assert feed.candidate is None
