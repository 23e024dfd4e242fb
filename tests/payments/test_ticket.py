"""Who pays for a seat gets the ticket, and loses the seat where nobody pays in time."""

from __future__ import annotations

import datetime

from actions.departments import OperationResult
from actions.sandbox import clock

from .world import World, run

BUS = ("apsrtc", "bookTicket")


def seat(**more: str) -> dict[str, str]:
    """Two seats in a bus of the day after tomorrow."""
    return {
        "from_stop": "vijayawada",
        "to_stop": "tirupati",
        "travel_date": clock.in_days(2),
        "passenger_count": "2",
        "mobile_number": "9848012345",
        "bus": "B2100",
        **more,
    }


async def booked(world: World) -> OperationResult:
    """The seats are held; the gateway's clock is the department's."""
    world.clock.now = datetime.datetime.now().timestamp()
    return await world.ask(values=seat(), operation=BUS)


def test_it_is_told_until_when_a_seat_is_held(world: World) -> None:
    """For half an hour, and not for as long as other links."""
    result = run(booked(world))
    until = datetime.datetime.fromtimestamp(world.clock.now + 1800, clock.INDIA)
    assert result.fields["pay_until"] in {
        f"{moment:%-I:%M %p}" if moment.date() == clock.today() else f"{moment:%d-%m-%Y %-I:%M %p}"
        for moment in (until, until - datetime.timedelta(minutes=1))
    }


def test_the_ticket_comes_before_the_receipt(world: World) -> None:
    """Each as a document of its own, told once."""

    async def story() -> None:
        result = await booked(world)
        world.books.pay(result.fields["order_id"])
        await world.later(20, steps=4)
        await world.later(600, steps=4)

    run(story())
    told = list(world.phones.taken.values())
    assert [notice.id.rpartition("-")[2] for notice in told] == ["booked", "receipt"]
    ticket, receipt = (notice.document for notice in told)
    assert ticket is not None and ticket.filename.startswith("RTC") and receipt is not None
    assert ticket.filename != receipt.filename
    assert world.state() == "booked"


def test_a_seat_that_nobody_paid_can_be_had_again(world: World) -> None:
    """The link is closed when the seat is let go, and cannot be paid any more."""

    async def story() -> str:
        result = await booked(world)
        await world.later(1700, steps=2)
        assert world.state() == "open"
        await world.later(200)
        await world.later(900)
        world.books.pay(result.fields["order_id"])
        return world.books.order(result.fields["order_id"]).state

    assert run(story()) == "closed"
    assert world.state() == "expired" and world.phones.taken == {}
