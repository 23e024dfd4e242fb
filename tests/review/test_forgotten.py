"""What is deleted: at the citizen's wish, and with time."""

from __future__ import annotations

import asyncio

from api.inbox.review import ERASED, Arrival, named
from api.review.decision import one
from nlu.turn import ERASE
from tests.inbox.worker_fakes import PHONE_ID, message
from tests.review.conftest import BILL, Desk

LANE = f"{PHONE_ID}:IN.1"
DAY = 86400.0


async def erase(desk: Desk) -> None:
    """The citizen's message, and the answer that asks for everything to be deleted."""
    await desk.inbox.put([message(1, "delete my data")])
    [claim] = await desk.inbox.claim("w")
    late = Arrival("wamid.late", LANE, "asked", "never kept")
    await desk.inbox.ack(claim, (), "en", "1", (ERASE,), (late,))


async def test_delete_my_data_deletes_what_waits_for_review(desk: Desk) -> None:
    desk.come("mine on a card", lane=LANE)
    desk.come("mine and of another", lane=LANE)
    desk.come("mine and of another", lane="109:IN.2")
    desk.come("of another", lane="109:IN.2")
    await asyncio.to_thread(desk.file)
    desk.come("mine that waits", lane=LANE)
    before = {card.item.text: card.number for card in desk.review.queue("a")}
    desk.review.decide(before["mine on a card"], "a", one("mine on a card", BILL))
    await erase(desk)
    await asyncio.to_thread(desk.file)
    who = named(LANE)
    for table in ("review_arrivals", "review_items"):
        assert desk.rows(f"SELECT 1 FROM {table} WHERE who = ?", who) == []
    left = {card.item.text: card.count for card in desk.review.queue("a")}
    assert left == {"mine and of another": 1, "of another": 1}
    assert desk.review.finished() == []
    assert desk.review.progress() == {0: 2, 1: 0, 2: 0, 3: 0, 4: 0}
    assert desk.rows("SELECT 1 FROM review_decisions") == []


async def test_in_one_database_it_is_gone_at_once(desk: Desk) -> None:
    """With the answer that says so; nobody need come by to file. Of several databases the card lies
    in another one, from which it goes when somebody does."""
    desk.come("mine on a card", lane=LANE)
    await asyncio.to_thread(desk.file)
    await erase(desk)
    if len(desk.databases) == 1:
        assert desk.review.queue("a") == []
        [row] = desk.rows("SELECT reason, payload FROM review_arrivals")
        assert tuple(row) == (ERASED, "")
    await asyncio.to_thread(desk.file)
    assert desk.review.queue("a") == [] and desk.review.progress()[0] == 0


async def test_a_decision_on_words_that_went_does_not_stand(desk: Desk) -> None:
    desk.come("power bill please", lane=LANE)
    await asyncio.to_thread(desk.file)
    desk.come("power bill please", lane="109:IN.2")
    await asyncio.to_thread(desk.file)
    [card] = desk.review.queue("a")
    desk.review.decide(card.number, "a", one("power bill please", BILL))
    await erase(desk)
    await asyncio.to_thread(desk.file)
    [again] = desk.review.queue("a")
    assert (again.number, again.count) == (card.number, 1) and desk.review.finished() == []


async def test_old_messages_go_with_the_inbox(desk: Desk) -> None:
    desk.come("an old one")
    await asyncio.to_thread(desk.file)
    desk.come("an old one that waits")
    desk.clock.now += 91 * DAY
    desk.come("a new one")
    await desk.inbox.purge(14 * DAY, 90 * DAY, 90 * DAY)
    await asyncio.to_thread(desk.file)
    assert [card.item.text for card in desk.review.queue("a")] == ["a new one"]
    assert desk.review.progress()[0] == 1
    assert desk.rows("SELECT 1 FROM review_arrivals") == []


async def test_without_a_number_of_days_nothing_goes(desk: Desk) -> None:
    desk.come("an old one")
    desk.clock.now += 91 * DAY
    await desk.inbox.purge(14 * DAY, 90 * DAY)
    assert await asyncio.to_thread(desk.file) == 1
