"""A process dies between the department's write and the ledger, or between ledger and notice."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest

from actions.departments.journal import Write
from actions.departments.request import Context
from actions.payments.payment import new_payment

from .test_random_payments import Crash, Dying
from .world import BILL, CATALOGUE, World, lane_of, run


@pytest.fixture
def world(tmp_path: Path) -> World:
    """With a ledger that can die."""
    Dying.left = None
    return World(tmp_path, Dying)


@pytest.mark.parametrize("after", [False, True])
def test_order_that_the_ledger_did_not_hear_of_is_found_in_the_journal(
    world: World, after: bool
) -> None:
    async def story() -> tuple[str, str]:
        Dying.left, Dying.after = 1, after  # the reservation is written, the order is not
        with pytest.raises(Crash):
            await world.ask("m-1")
        world.begin()
        again = await world.ask("m-1")  # the turn runs again
        other = await world.ask("m-2")
        return again.fields["payment_link"], other.fields["payment_link"]

    links = run(story())
    assert links[0] == links[1]
    assert len(world.payments()) == 1


def test_order_is_recovered_though_nobody_asks_again(world: World) -> None:
    async def story() -> None:
        Dying.left, Dying.after = 1, False
        with pytest.raises(Crash):
            await world.ask("m-1")
        world.begin()
        assert world.state() == "opening"
        await world.later(61)

    run(story())
    assert world.state() == "open"


def test_another_citizen_gets_no_second_order_while_the_first_is_unsure(world: World) -> None:
    async def story() -> tuple[str, str]:
        rule = CATALOGUE.departments["energy"].operations["payBill"].payment
        assert rule is not None
        write = Write("energy", "payBill", BILL, Context(lane_of(1), "m-1", "te"))
        world.ledger.begin(new_payment(rule, write, world.clock.now, world.clock.now + 60))
        first = await world.ask("m-2", lane_of(2))
        world.clock.now += 61
        return first.outcome, (await world.ask("m-3", lane_of(2))).outcome

    assert run(story()) == ("payment_by_another", "ok")


@pytest.mark.parametrize("writes", range(6))
@pytest.mark.parametrize("after", [False, True])
def test_job_that_dies_at_any_write_tells_once_and_books(
    world: World, writes: int, after: bool
) -> None:
    async def story() -> None:
        order = (await world.ask()).fields["order_id"]
        world.books.pay(order, "paid")
        Dying.left, Dying.after = writes, after
        with suppress(Crash):
            await world.later(20)
        Dying.left = None
        world.begin()
        await world.later(61)
        await world.later(61)

    run(story())
    assert world.state() == "booked"
    assert len(world.phones.texts()) == 1
    assert len(world.press.issued) == 1
