"""Replies of a channel that is fetched: ready with the turn, in order, gone when acknowledged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from api.channel import REST, channel_of
from api.inbox.port import News
from api.inbox.store import StoredInbox
from api.whatsapp.outgoing import Draft, Outgoing
from api.whatsapp.payload import Inbound
from nlu.storage.sealing import Unreadable
from nlu.turn import NEWS_OFF, NEWS_ON
from tests.inbox.worker_fakes import POLICY, Clock, message, rows, write

LANE = "rest:0f"
TEMPLATE = Outgoing("template", "a template")


def rest(number: int, **facts: Any) -> Inbound:
    known = {"kind": "text", "text": f"text {number}", **facts}
    return Inbound(f"{LANE}/m-{number}", REST.name, "0f", **known)


def draft(text: str) -> Draft:
    return Draft(Outgoing("text", text, language="te"))


async def answer(store: StoredInbox, number: int, acts: Sequence[str] = ()) -> None:
    await store.put([rest(number)])
    (claim,) = await store.claim("w")
    await store.ack(claim, [draft(f"re {number}")], "te", "tracker", acts)


async def tell(store: StoredInbox, name: str) -> None:
    await store.tell(News(name, LANE, [draft(name)], TEMPLATE))


async def texts(store: StoredInbox, after: int = 0, most: int = 100) -> list[str]:
    return [one.message.text for one in await store.replies.after(LANE, after, most)]


def test_a_name_in_front_of_a_lane_is_its_channel() -> None:
    assert channel_of(rest(1).lane) is REST
    assert channel_of(message(1).lane).name == "whatsapp"
    assert channel_of("restaurant:1").name == "whatsapp"


async def test_nobody_sends_what_is_fetched(store: StoredInbox) -> None:
    await answer(store, 1)
    assert await store.outbox.claim("w", 9) == []
    assert (await store.depth()).outgoing == 0
    assert await texts(store) == ["re 1"]
    assert rows(store, "SELECT COUNT(*) FROM outbox_lanes")[0][0] == 0


async def test_channels_never_mix(store: StoredInbox) -> None:
    await store.put([message(1), rest(1)])
    for claim in await store.claim("w", 9):
        await store.ack(claim, [Draft(Outgoing("text", claim.message.message_id))], "te")
    (parcel,) = await store.outbox.claim("w", 9)
    assert parcel.message.text == message(1).message_id
    assert await texts(store) == [rest(1).message_id]
    assert await store.replies.after(message(1).lane, 0, 9) == []


async def test_a_page_ends_where_the_next_begins(store: StoredInbox) -> None:
    for number in range(5):
        await answer(store, number)
    first = await store.replies.after(LANE, 0, 2)
    assert [one.message.text for one in first] == ["re 0", "re 1"]
    assert await texts(store, first[-1].number) == ["re 2", "re 3", "re 4"]


async def test_words_are_forgotten_once_they_are_acknowledged(store: StoredInbox) -> None:
    await answer(store, 1)
    await answer(store, 2)
    first, second = await store.replies.after(LANE, 0, 9)
    assert await store.replies.acknowledge(LANE, first.number) == 1
    assert await store.replies.acknowledge(LANE, first.number) == 0
    assert await store.replies.acknowledge("rest:ff", second.number) == 0
    assert await texts(store) == ["re 2"]
    assert await store.replies.newest(LANE) == second.number
    assert [row[0] == "" for row in rows(store, "SELECT body FROM outbox ORDER BY seq")] == [
        True,
        False,
    ]


async def test_news_are_ready_without_template_and_whenever_the_citizen_wrote(
    store: StoredInbox, clock: Clock
) -> None:
    await answer(store, 1)
    clock.now += 10 * POLICY.window
    await tell(store, "late")
    assert await texts(store) == ["re 1", "late"]
    assert rows(store, "SELECT COUNT(*) FROM outbox WHERE step < 0")[0][0] == 0


async def test_news_that_were_held_back_come_behind_what_was_fetched_meanwhile(
    store: StoredInbox,
) -> None:
    """Their numbers used to lie below those that the client had acknowledged, so they were lost."""
    await answer(store, 1, acts=[NEWS_OFF])
    await tell(store, "held")
    await answer(store, 2)
    assert await texts(store) == ["re 1", "re 2"]
    seen = await store.replies.newest(LANE)
    await store.replies.acknowledge(LANE, seen)
    await answer(store, 3, acts=[NEWS_ON])
    assert sorted(await texts(store, seen)) == ["held", "re 3"]


async def test_how_far_a_message_got(store: StoredInbox) -> None:
    given = rest(1).message_id
    assert await store.replies.progress(LANE, given) is None
    await store.put([rest(1)])
    (claim,) = await store.claim("w")
    await store.say_meanwhile(claim, "listening", [draft("one moment")])
    progress = await store.replies.progress(LANE, given)
    assert progress is not None and not progress.is_over
    assert [one.message.text for one in progress.replies] == ["one moment"]
    await store.bury(claim, "broken", [draft("sorry")])
    progress = await store.replies.progress(LANE, given)
    assert progress is not None and progress.is_over and progress.is_given_up
    assert [one.message.text for one in progress.replies] == ["one moment", "sorry"]
    assert await store.replies.progress("rest:ff", given) is None


async def test_a_name_with_an_underscore_is_no_pattern(store: StoredInbox) -> None:
    """`_` stands for any letter in SQL's LIKE."""
    for name in ("a_b", "axb"):
        await store.put([replace(rest(1), message_id=f"{LANE}/{name}")])
        (claim,) = await store.claim("w")
        await store.say_meanwhile(claim, "listening", [draft(f"wait {name}")])
        await store.ack(claim, [draft(f"re {name}")])
    progress = await store.replies.progress(LANE, f"{LANE}/a_b")
    assert progress is not None
    assert [one.message.text for one in progress.replies] == ["wait a_b", "re a_b"]


@pytest.mark.parametrize(
    ("why", "left"), [("gAAAA" + "A" * 100, ["re 1"]), ("x", ["re 1", "re 3"])]
)
async def test_a_reply_whose_key_is_away_holds_back_those_after_it(
    store: StoredInbox, why: str, left: list[str]
) -> None:
    """One that no key will ever open does not."""
    for number in (1, 2, 3):
        await answer(store, number)
    second = (await store.replies.after(LANE, 0, 9))[1]
    write(store, "UPDATE outbox SET body = ? WHERE seq = ?", (why, second.number))
    assert await texts(store) == left


def test_a_message_without_what_is_new_is_read_by_a_seva_of_before() -> None:
    """Its worker knows neither the field `language` of a message nor that of a reply."""
    from api.inbox.payloads import keep_message, keep_reply
    from nlu.storage.sealing import unseal

    assert "language" not in unseal(keep_message(message(1)), 1)
    assert "language" not in unseal(keep_reply(Outgoing("text", "a")), 1)
    with pytest.raises(Unreadable):
        unseal("x", 1)
