"""Finding 11: money that arrives for an order that was over is booked or given back, never lost.

The order had failed or was closed; the bank pays days later.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from actions.sandbox.gateway.books import _keep
from actions.sandbox.payments import learn
from tests.payments.test_settling import beginning
from tests.payments.world import DAY, PAISE, World, run

BACK = ("payment_too_late", "payment_refunded")
KEPT = ("payment_booked",)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The sandbox and an action server; to make them takes longer than a test."""
    return World(tmp_path_factory.mktemp("payments"))


@pytest.fixture
def world(town: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """As on the first day."""
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path))
    town.anew(f"sqlite:///{tmp_path / 'journal.sqlite'}")
    for what in ("energy", "gateway"):
        run(town.fault(what, mode="none"))
    return town


async def over(world: World, how: str, language: str = "en") -> str:
    """An order that failed, or was closed because nobody paid it."""
    order = (await world.ask(language=language)).fields["order_id"]
    if how == "failed":
        world.books.pay(order, "failed")
        await world.later(20, steps=2)
    else:
        await world.settle(days=1.2, rounds=12)
    assert world.state() == how
    world.phones.taken.clear()
    return order


def arrives(world: World, order: str, *, told: bool = False, paise: int = PAISE) -> None:
    """The bank pays after all; `told`: the department learns of it."""
    now = world.books.order(order)
    moment = world.books._moment()
    with world.store.transaction() as db:
        world.books._move_money(db, order, "debit", paise)
        paid = replace(now, state="paid", taken=paise, payment_id="PAY-late", paid_at=moment)
        _keep(db, paid)
        if told:
            learn(db, order, moment)


def told(world: World, language: str, phrases: tuple[str, ...]) -> None:
    """The citizen was told so, in this order."""
    texts = world.phones.texts()
    assert len(texts) == len(phrases), texts
    for phrase, text in zip(phrases, texts):
        assert beginning(phrase, language) in text


@pytest.mark.parametrize(
    "how, days, booked, language",
    [
        *(("failed", 2, False, "te"), ("failed", 2, True, "hi"), ("expired", 2, False, "hi")),
        *(("failed", 30, False, "en"), ("expired", 30, False, "te"), ("expired", 30, True, "en")),
        *(("failed", 30, False, "hi"), ("failed", 30, True, "te")),
    ],
)
def test_callback_makes_us_look(
    world: World, how: str, days: float, booked: bool, language: str
) -> None:
    async def story() -> str:
        order = await over(world, how, language)
        await world.settle(days=days, rounds=20)
        arrives(world, order, told=booked)
        assert await world.called_back(order) == 204
        await world.later(1, steps=3)
        await world.later(60, steps=2)
        return order

    order = run(story())
    assert world.state() == ("booked" if booked else "refunded")
    told(world, language, KEPT if booked else BACK)
    refund = [] if booked else [("refund", PAISE)]
    assert world.books.money(order) == [("debit", PAISE), *refund]
    documents = [notice.document for notice in world.phones.taken.values()]
    assert any(documents) == booked


@pytest.mark.parametrize("how, days", [("failed", 0.1), ("expired", 3), ("failed", 6.4)])
def test_it_is_found_without_a_callback_for_a_week(world: World, how: str, days: float) -> None:
    async def story() -> None:
        order = await over(world, how)
        await world.settle(days=days, rounds=12)
        arrives(world, order)
        await world.settle(days=2, rounds=8)

    run(story())
    assert world.state() == "refunded"
    told(world, "en", BACK)


@pytest.mark.parametrize("how", ["failed", "expired"])
def test_nobody_looks_for_ever(world: World, how: str) -> None:
    run(over(world, how))
    run(world.settle(days=9, rounds=24))
    (payment,) = world.payments()
    assert (payment.state, payment.due_at) == (how, None)


def test_other_amount_goes_back(world: World) -> None:
    async def story() -> None:
        arrives(world, await over(world, "failed"), paise=PAISE - 100)
        await world.settle(days=2, rounds=8)

    run(story())
    assert world.state() == "refunded"
    told(world, "en", ("payment_wrong_amount", "payment_refunded"))


@pytest.mark.parametrize("booked, end", [(True, "booked"), (False, "refunded")])
def test_department_that_does_not_answer_is_asked_until_it_does(
    world: World, booked: bool, end: str
) -> None:
    """Longer than for a week: there is money."""

    async def story() -> None:
        order = await over(world, "failed")
        await world.fault("energy", mode="down")
        arrives(world, order, told=booked)
        await world.settle(days=12, rounds=20)
        assert world.state() == "failed"
        assert world.payments()[0].alarm == "late"
        await world.fault("energy", mode="none")
        await world.settle(days=1, rounds=8)

    run(story())
    assert world.state() == end


def test_gateway_that_does_not_answer_is_asked_until_it_does(world: World) -> None:
    async def story() -> None:
        order = await over(world, "failed")
        await world.fault("gateway", mode="down")
        arrives(world, order)
        await world.settle(days=9, rounds=20)
        await world.fault("gateway", mode="none")
        await world.settle(days=1, rounds=8)

    run(story())
    assert world.state() == "refunded"


def test_refund_that_takes_too_long_is_an_alarm_and_followed(world: World) -> None:
    async def story() -> None:
        order = (await world.ask(language="en")).fields["order_id"]
        world.books.pay(order, "refund_slow")
        while world.state() != "refunding":
            await world.later(4000)
        with world.store.transaction() as db:
            later = world.clock.now + 20 * DAY
            db.execute("UPDATE gateway_orders SET settles_at = ?", [later])
        await world.settle(days=16, rounds=20)
        assert world.payments()[0].alarm == "refund"
        await world.settle(days=5, rounds=20)

    run(story())
    assert world.state() == "refunded"


def test_bill_that_was_paid_again_is_not_paid_twice(world: World) -> None:
    """The late money goes back, whatever became of the second payment."""

    async def story() -> str:
        first = await over(world, "failed")
        second = (await world.ask("m-2")).fields["order_id"]
        world.books.pay(second, "paid")
        await world.later(20, steps=2)
        arrives(world, first)
        await world.called_back(first)
        await world.settle(days=2, rounds=8)
        return first

    first = run(story())
    assert world.books.money(first) == [("debit", PAISE), ("refund", PAISE)]
    assert sorted(payment.state for payment in world.payments()) == ["booked", "refunded"]
