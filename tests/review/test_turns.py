"""A turn leaves what a person should read, in the transaction that ends it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from api.inbox.port import LeaseLost
from api.review.item import Item
from api.review.pick import Pick
from api.review.rules import load_rules
from nlu.speech.transcript import Reading
from nlu.turn import Message, Misunderstood, Reply, Turned, Understanding
from tests.inbox.worker_fakes import (
    Bomb,
    FakeEngine,
    FakeWhatsApp,
    Killed,
    make_worker,
    message,
    rows,
)
from tests.review.conftest import BILL, FIVE, PAY, Desk

RANKED = ((BILL, 0.5), (PAY, 0.4))
PICK = Pick(load_rules())
WAITING = "SELECT reason, payload, day FROM review_arrivals ORDER BY id"


def told(text: str, kind: str = "clarify", key: str = "te", **more: Any) -> Understanding:
    return Understanding(text, kind, key, RANKED, model="m-1", **more)


@pytest.mark.parametrize("key", FIVE)
async def test_what_was_asked_is_kept_masked_and_sealed(desk: Desk, key: str) -> None:
    text = f"{FIVE[key]} 6123401005678"
    at = text.index("6123")
    engine = FakeEngine(
        understand=lambda heard: told(heard.text, key=key, marks=((at, at + 13, "service_number"),))
    )
    await desk.inbox.put([message(1, text)])
    await make_worker(desk.inbox, engine, FakeWhatsApp(), desk.clock, pick=PICK).drain()
    [row] = rows(desk.inbox, WAITING)
    assert row["reason"] == "asked" and "6123401" not in row["payload"]
    assert FIVE[key] not in row["payload"]
    assert row["day"] == "2027-01-15"  # the day and no time
    item = Item.of(row["payload"])
    assert item.text == f"{FIVE[key]} XXXXXXXXX5678"
    assert item.marks == ((at, at + 13, "service_number"),)
    assert (item.ranking, item.model, item.key) == (RANKED, "m-1", key)
    assert rows(desk.inbox, "SELECT payload FROM inbox")[0]["payload"] == ""


@pytest.mark.parametrize("key", FIVE)
async def test_words_that_were_misunderstood_know_the_model(desk: Desk, key: str) -> None:
    missed = Misunderstood("not_this", FIVE[key])
    engine = FakeEngine(answer=lambda text: [Reply("ok", misunderstood=missed)], model_id="m-1")
    await desk.inbox.put([message(1, "no")])
    await make_worker(desk.inbox, engine, FakeWhatsApp(), desk.clock, pick=PICK).drain()
    [row] = rows(desk.inbox, WAITING)
    item = Item.of(row["payload"])
    assert (row["reason"], item.text, item.model) == ("not_this", FIVE[key], "m-1")


@pytest.mark.parametrize("at", ["before turn", "after turn", "before ack"])
async def test_a_turn_that_is_cut_short_leaves_nothing(desk: Desk, at: str) -> None:
    await desk.inbox.put([message(1, "power bill")])
    engine = FakeEngine(understand=lambda heard: told(heard.text))
    seen = Bomb()
    worker = make_worker(desk.inbox, engine, FakeWhatsApp(), desk.clock, bomb=seen, pick=PICK)
    seen.at = ["before claim", "after claim", "before turn", "after turn", "before ack"].index(
        at
    ) + 1
    with pytest.raises(Killed):
        await worker.drain()
    assert seen.passed[-1] == at
    assert rows(desk.inbox, WAITING) == []
    desk.clock.now += 61
    again = FakeEngine(understand=engine.understand)
    await make_worker(desk.inbox, again, FakeWhatsApp(), desk.clock, pick=PICK).drain()
    assert len(rows(desk.inbox, WAITING)) == 1


async def test_a_late_worker_leaves_nothing(desk: Desk) -> None:
    """Its turn was taken by another: what it would keep is rolled back with the rest."""
    await desk.inbox.put([message(1, "power bill")])
    [late] = await desk.inbox.claim("late")
    desk.clock.now += 61
    [owner] = await desk.inbox.claim("owner")
    found = PICK.arrivals(
        Message("power bill", "1:2", "wamid.IN1"), Turned((), None, None, told("a b"))
    )
    with pytest.raises(LeaseLost):
        await desk.inbox.ack(late, review=[replace(found[0], id="late")])
    assert rows(desk.inbox, WAITING) == []
    await desk.inbox.ack(owner, review=found)
    assert len(rows(desk.inbox, WAITING)) == 1


async def test_the_answer_does_not_hang_on_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Something is wrong with what would be kept: the citizen is answered all the same."""

    def broken(self: Pick, message: Message, turned: Turned) -> Any:
        raise RuntimeError("broken")

    monkeypatch.setattr(Pick, "arrivals", broken)
    whatsapp = FakeWhatsApp()
    await desk.inbox.put([message(1, "power bill")])
    await make_worker(desk.inbox, FakeEngine(), whatsapp, desk.clock, pick=PICK).drain()
    assert whatsapp.texts() == ["echo power bill"] and rows(desk.inbox, WAITING) == []


@pytest.mark.parametrize(
    "reason, kind, more",
    [
        ("asked", "clarify", {}),
        ("refused", "out_of_scope", {}),
        (None, "route", {}),
        (None, "conversation", {}),
        ("voice_unsure", "route", {"spoken": True}),
    ],
)
def test_the_reason_comes_from_the_decision(reason: str | None, kind: str, more: Any) -> None:
    turned = Turned((), None, None, told("power bill", kind, **more))
    assert PICK.reason(Message("power bill", "1:2", "m"), turned) == reason


def test_a_voice_note_that_is_sure_is_not_kept() -> None:
    sure = replace(told("power bill", "route", spoken=True), ranking=((BILL, 0.97),))
    assert PICK.reason(Message("power bill", "1:2", "m"), Turned((), None, None, sure)) is None


def test_answers_in_forms_and_taps_are_not_kept() -> None:
    assert PICK.arrivals(Message("Ravi Kumar", "1:2", "m"), Turned(())) == ()
    tap = Message("/menu", "1:2", "m", tapped=True)
    assert PICK.arrivals(tap, Turned((), None, None, told("/menu"))) == ()


def test_a_random_share_is_the_same_each_time() -> None:
    turned = Turned((), None, None, told("power bill", "route"))
    some = Pick(load_rules(), 20)
    names = [f"wamid.{number}" for number in range(2000)]
    found = [name for name in names if some.reason(Message("a", "1:2", name), turned)]
    assert 300 < len(found) < 500
    assert found == [name for name in names if some.reason(Message("a", "1:2", name), turned)]


def test_readings_of_a_voice_note_are_kept_masked() -> None:
    heard = told("bill 98480 12345", "clarify", spoken=True, readings=("pill 98480 12345", "b"))
    readings = tuple(Reading(one, "te") for one in ("bill", "pill"))
    message_ = Message("bill", "1:2", "m", readings=readings)
    [found] = PICK.arrivals(message_, Turned((), None, None, heard))
    item = Item.of(found.payload)
    assert item.spoken and item.readings == ("pill XXXXXX2345", "b")


@pytest.mark.parametrize("key", FIVE)
def test_words_of_an_earlier_turn_are_kept_with_what_was_chosen(key: str) -> None:
    """Of a tap only the language of the replies is known; the script tells the key."""
    missed = Misunderstood("not_this", FIVE[key], PAY)
    tap = Message("/menu", "1:2", "m", language=key.split("-")[0], tapped=True)
    [found] = PICK.arrivals(tap, Turned((Reply("menu", misunderstood=missed),)))
    item = Item.of(found.payload)
    assert (found.reason, item.text, item.key, item.chosen) == ("not_this", FIVE[key], key, PAY)


def test_what_is_told_goes_through_json() -> None:
    reply = Reply("a", misunderstood=Misunderstood("corrected", "b"))
    assert Reply.from_json(reply.as_json()) == reply
    assert "misunderstood" not in Reply("a").as_json()
