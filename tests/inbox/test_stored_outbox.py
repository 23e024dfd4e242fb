"""The outbox: sent once, in order, states only upwards, doubts settled by statuses."""

from __future__ import annotations

import pytest

from api.inbox.store import StoredInbox
from api.whatsapp.outgoing import Draft, Outgoing, Parcel
from api.whatsapp.payload import Status
from tests.inbox.worker_fakes import (
    Clock,
    message,
    rows,
)


async def answered(store: StoredInbox, number: int = 1, *texts: str) -> None:
    """A message that was answered with these texts."""
    await store.put([message(number, phone="919848012345")])
    (claim,) = await store.claim("w")
    await store.ack(claim, [Draft(Outgoing("text", text)) for text in texts or ("one",)])


async def next_parcel(store: StoredInbox) -> Parcel | None:
    parcels = await store.outbox.claim("w", 5)
    return parcels[0] if parcels else None


def state(store: StoredInbox, tracker: str = "wamid.IN1:0") -> int:
    return int(rows(store, "SELECT state FROM outbox WHERE tracker = ?", (tracker,))[0][0])


async def test_replies_go_one_after_the_other(store: StoredInbox) -> None:
    await answered(store, 1, "one", "two")
    first = await next_parcel(store)
    assert first and first.message.text == "one" and not first.doubtful
    assert await next_parcel(store) is None
    await store.outbox.sent(first, "wamid.OUT1")
    second = await next_parcel(store)
    assert second and second.message.text == "two"


async def test_refused_reply_holds_the_next(store: StoredInbox, clock: Clock) -> None:
    await answered(store, 1, "one", "two")
    await store.outbox.retry(await next_parcel(store), 4, "131056")
    assert await next_parcel(store) is None
    clock.now += 4
    again = await next_parcel(store)
    assert again and again.message.text == "one" and again.attempt == 2 and not again.doubtful


async def test_final_refusal_lets_the_next_go(store: StoredInbox) -> None:
    await answered(store, 1, "one", "two")
    await store.outbox.fail(await next_parcel(store), "131026")
    parcel = await next_parcel(store)
    assert parcel and parcel.message.text == "two"


async def test_parked_reply_goes_when_the_citizen_writes(store: StoredInbox, clock: Clock) -> None:
    await answered(store)
    await store.outbox.park(await next_parcel(store), "131047")
    clock.now += 3 * 86400
    assert await next_parcel(store) is None
    await store.put([message(2)])
    parcel = await next_parcel(store)
    assert parcel and parcel.message.text == "one"


async def test_death_while_sending_leaves_a_doubt(store: StoredInbox, clock: Clock) -> None:
    await answered(store)
    await next_parcel(store)
    clock.now += 59
    assert await next_parcel(store) is None
    clock.now += 2
    parcel = await next_parcel(store)
    assert parcel and parcel.doubtful


@pytest.mark.parametrize("tracked", [True, False])
async def test_status_settles_a_doubt(store: StoredInbox, clock: Clock, tracked: bool) -> None:
    await answered(store, 1, "one", "two")
    await next_parcel(store)  # and the process dies
    tracker = "wamid.IN1:0" if tracked else None
    await store.put([], [Status("wamid.OUT1", "sent", tracker=tracker)])
    parcel = await next_parcel(store)
    if tracked:
        assert parcel and parcel.message.text == "two"
    else:
        assert parcel is None


async def test_status_before_the_answer_of_the_call(store: StoredInbox) -> None:
    await answered(store)
    parcel = await next_parcel(store)
    await store.put([], [Status("wamid.OUT1", "delivered", tracker=parcel.tracker)])
    await store.outbox.sent(parcel, "wamid.OUT1")
    assert state(store) == 3
    assert await next_parcel(store) is None


async def test_states_only_rise(store: StoredInbox) -> None:
    await answered(store)
    await store.outbox.sent(await next_parcel(store), "wamid.OUT1")
    seen = []
    for name in ("delivered", "sent", "read", "delivered", "failed", "sent"):
        await store.put([], [Status("wamid.OUT1", name, code=131026)])
        seen.append(state(store))
    assert seen == [3, 3, 4, 4, 4, 4]


async def test_late_refusal_is_final_or_tried_again(store: StoredInbox, clock: Clock) -> None:
    await answered(store)
    await store.outbox.sent(await next_parcel(store), "wamid.OUT1")
    await store.put([], [Status("wamid.OUT1", "failed", code=131016)])
    assert await next_parcel(store) is None
    clock.now += 5
    again = await next_parcel(store)
    assert again and again.message.text == "one"
    await store.outbox.sent(again, "wamid.OUT2")
    await store.put([], [Status("wamid.OUT1", "failed", code=131016)])  # repeated: of the first
    assert await next_parcel(store) is None
    await store.put([], [Status("wamid.OUT2", "failed", code=131026)])
    assert state(store) == 5
    assert await next_parcel(store) is None


async def test_phone_is_used_where_the_user_id_is_not_enough(store: StoredInbox) -> None:
    await answered(store)
    parcel = await next_parcel(store)
    assert parcel and parcel.citizen == "IN.1"
    await store.outbox.use_phone(parcel, "131062")
    again = await next_parcel(store)
    assert again and again.citizen == "919848012345"


async def test_arrived_words_are_forgotten(store: StoredInbox) -> None:
    await answered(store, 1, "secret")
    await store.outbox.sent(await next_parcel(store), "wamid.OUT1")
    await store.put([], [Status("wamid.OUT1", "delivered")])
    assert "secret" not in str(rows(store, "SELECT body FROM outbox")[0][0])


async def test_foreign_status_changes_nothing(store: StoredInbox) -> None:
    await answered(store)
    await store.put([], [Status("wamid.FOREIGN", "read", tracker="x"), Status("y", "odd")])
    assert state(store) == 0


RETRY, PARK, FINAL = 131016, 131047, 131026


async def told(store: StoredInbox, name: str, state: str, code: int | None = None) -> None:
    """WhatsApp tells of a try of the first reply."""
    await store.put([], [Status(name, state, tracker="wamid.IN1:0", code=code)])


@pytest.mark.parametrize("late", ["sent", "delivered", "read"])
@pytest.mark.parametrize("times", [1, 2])
async def test_late_status_of_a_failed_try_says_nothing_of_the_next(
    store: StoredInbox, clock: Clock, late: str, times: int
) -> None:
    await answered(store)
    await store.outbox.sent(await next_parcel(store), "wamid.OUT1")
    await told(store, "wamid.OUT1", "failed", RETRY)
    for _ in range(times):
        await told(store, "wamid.OUT1", late)
    clock.now += 5
    again = await next_parcel(store)
    assert again and again.message.text == "one" and not again.doubtful
    await store.outbox.sent(again, "wamid.OUT2")
    await told(store, "wamid.OUT1", late)
    await told(store, "wamid.OUT2", "delivered")
    assert state(store) == 3


async def test_late_status_does_not_unpark(store: StoredInbox, clock: Clock) -> None:
    await answered(store)
    await store.outbox.sent(await next_parcel(store), "wamid.OUT1")
    await told(store, "wamid.OUT1", "failed", PARK)
    await told(store, "wamid.OUT1", "sent")
    await told(store, "wamid.OUT1", "failed", PARK)
    assert state(store) == -1 and await next_parcel(store) is None
    await store.put([message(2)])
    await told(store, "wamid.OUT1", "failed", PARK)
    assert (await next_parcel(store)).message.text == "one"


async def test_earlier_of_two_failed_tries_is_remembered(store: StoredInbox, clock: Clock) -> None:
    await answered(store)
    for number in (1, 2):
        await store.outbox.sent(await next_parcel(store), f"wamid.OUT{number}")
        await told(store, f"wamid.OUT{number}", "failed", RETRY)
        clock.now += 60
    for number in (1, 2):
        await told(store, f"wamid.OUT{number}", "sent")
    assert state(store) == 0
    assert (await next_parcel(store)).attempt == 3


@pytest.mark.parametrize("before", [[], ["sent"]])
async def test_failure_before_the_answer_of_the_call(
    store: StoredInbox, clock: Clock, before: list[str]
) -> None:
    await answered(store, 1, "one", "two")
    parcel = await next_parcel(store)
    for one in before:
        await told(store, "wamid.OUT1", one)
    await told(store, "wamid.OUT1", "failed", RETRY)
    await store.outbox.sent(parcel, "wamid.OUT1")
    assert state(store) == 0
    assert await next_parcel(store) is None  # it waits as after any failure
    clock.now += 5
    assert (await next_parcel(store)).message.text == "one"


async def test_parked_before_the_answer_of_the_call(store: StoredInbox, clock: Clock) -> None:
    await answered(store)
    parcel = await next_parcel(store)
    await told(store, "wamid.OUT1", "failed", PARK)
    await store.outbox.sent(parcel, "wamid.OUT1")
    assert state(store) == -1
    await store.put([message(2)])
    assert (await next_parcel(store)).message.text == "one"


async def test_failed_for_good_before_the_answer_of_the_call(store: StoredInbox) -> None:
    await answered(store, 1, "one", "two")
    parcel = await next_parcel(store)
    await told(store, "wamid.OUT1", "failed", FINAL)
    await store.outbox.sent(parcel, "wamid.OUT1")
    assert state(store) == 5
    assert (await next_parcel(store)).message.text == "two"


async def test_repeated_failure_leaves_the_next_try_in_doubt(
    store: StoredInbox, clock: Clock
) -> None:
    """It may have arrived: nothing but its own status or the doubt's time sends it again."""
    await answered(store)
    await store.outbox.sent(await next_parcel(store), "wamid.OUT1")
    await told(store, "wamid.OUT1", "failed", RETRY)
    clock.now += 5
    await store.outbox.doubt(await next_parcel(store), 30, "ReadTimeout")
    await told(store, "wamid.OUT1", "failed", RETRY)
    assert state(store) == 1
    clock.now += 29
    assert await next_parcel(store) is None
    await told(store, "wamid.OUT2", "sent")  # the second did arrive
    clock.now += 9999
    assert state(store) == 2 and await next_parcel(store) is None
