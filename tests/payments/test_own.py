"""Who says that money was taken is told where their own payments stand, and nobody else's."""

from __future__ import annotations

import pytest

from .world import CATALOGUE, World, lane_of, run

TITLE = CATALOGUE.services["electricity_bill_payment"].title


@pytest.mark.parametrize(
    "plan, wait, phrase",
    [
        (None, 0, "payment_not_arrived"),
        ("pending", 0, "payment_pending"),
        ("refused", 400, "payment_not_booked_yet"),
        ("failed", 0, "payment_failed"),
        ("paid", 0, "payment_arrived"),
    ],
)
@pytest.mark.parametrize("language", ["te", "hi", "en"])
def test_each_state_says_what_happens_next(
    world: World, language: str, plan: str | None, wait: float, phrase: str
) -> None:
    """Looked up at that moment: no callback and no job was needed."""

    async def story() -> tuple[str, ...]:
        order = (await world.ask()).fields["order_id"]
        if plan is not None:
            world.books.pay(order, plan)
        if wait:
            await world.later(20)
            await world.later(wait)
        return await world.cashier.own.told("c-1:919848012345", "", language)

    (told,) = run(story())
    start = CATALOGUE.phrases[phrase][language].partition("₹")[0]
    assert told.startswith(start.replace("{title}", TITLE[language])) and "845" in told


def test_another_phone_is_told_nothing(world: World) -> None:
    """Whichever of our numbers either wrote to."""

    async def story() -> tuple[tuple[str, ...], tuple[str, ...]]:
        await world.ask()
        other = await world.cashier.own.told(lane_of(3), "", "te")
        same = await world.cashier.own.told("another-number:919848012345", "", "te")
        return other, same

    other, same = run(story())
    assert other == () and len(same) == 1


def test_what_is_finished_is_not_told_again(world: World) -> None:
    """The receipt was sent."""

    async def story() -> tuple[str, ...]:
        order = (await world.ask()).fields["order_id"]
        world.books.pay(order)
        await world.later(20, steps=4)
        return await world.cashier.own.told("c-1:919848012345", "", "te")

    assert run(story()) == ()
    assert world.state() == "booked"
