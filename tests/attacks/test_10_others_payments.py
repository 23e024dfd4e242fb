"""Finding 10: who names somebody else's bill gets no link, receipt or name of its payment."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.departments import OperationResult
from actions.dialogue.outcome import words
from tests.payments.world import BILL, CATALOGUE, DAY, World, run

OWNER, STRANGER = "1:919848012345", "1:919848012346"
MEANWHILE = ["open", "pending", "paid", "refused"]


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


async def asked_by_stranger(world: World, meanwhile: str) -> OperationResult:
    """What a stranger gets who names the bill while the owner's payment is so far."""
    order = (await world.ask("own", OWNER, "en")).fields["order_id"]
    if meanwhile != "open":
        world.books.pay(order, meanwhile)
        await world.fault("energy", mode="down" if meanwhile == "paid" else "none")
        await world.later(10 if meanwhile == "pending" else 20)
        if meanwhile == "refused":
            await world.later(80)
    return await world.ask("other", STRANGER, "en")


@pytest.mark.parametrize("meanwhile", MEANWHILE)
def test_stranger_hears_that_it_was_begun_and_nothing_else(world: World, meanwhile: str) -> None:
    result = run(asked_by_stranger(world, meanwhile))
    assert (result.outcome, dict(result.fields)) == ("payment_by_another", {"minutes": "15"})
    assert result.document is None


@pytest.mark.parametrize("language, said", [("te", "వేరే ఫోన్"), ("hi", "दूसरे फ़ोन"), ("en", "another")])
def test_stranger_hears_it_in_their_language(world: World, language: str, said: str) -> None:
    result = run(asked_by_stranger(world, "open"))
    service = CATALOGUE.services["electricity_bill_payment"]
    text = words(CATALOGUE, service, BILL, {}, result, language)
    assert said in text and "http" not in text and "845" not in text


@pytest.mark.parametrize("plan", ["paid", "failed", "refused", "wrong_amount"])
def test_receipt_and_notices_go_to_the_owner_only(world: World, plan: str) -> None:
    async def story() -> None:
        order = (await world.ask("own", OWNER)).fields["order_id"]
        await world.ask("other", STRANGER)
        world.books.pay(order, plan)
        await world.later(1)
        await world.ask("another", STRANGER)
        await world.settle(days=2, rounds=20)

    run(story())
    assert len(world.phones.texts(OWNER)) >= 1
    assert world.phones.texts(STRANGER) == []
    assert {notice.citizen for notice in world.phones.taken.values()} == {OWNER}


def test_stranger_cannot_keep_the_owner_from_paying(world: World) -> None:
    """By opening a payment and not paying it."""

    async def story() -> tuple[OperationResult, OperationResult, str]:
        first = (await world.ask("other", STRANGER)).fields["order_id"]
        soon = await world.ask("own", OWNER)
        await world.later(900)
        return soon, await world.ask("own-2", OWNER), first

    soon, later, first = run(story())
    assert soon.outcome == "payment_by_another"
    assert later.outcome == "ok" and later.fields["order_id"] != first
    assert not world.books.pay(first)
    assert world.books.pay(later.fields["order_id"])


@pytest.mark.parametrize("plan", ["paid", "pending"])
def test_payment_under_way_is_never_closed_for_another(world: World, plan: str) -> None:
    async def story() -> OperationResult:
        order = (await world.ask("own", OWNER)).fields["order_id"]
        await world.later(950)
        world.books.pay(order, plan)
        result = await world.ask("other", STRANGER)
        await world.settle(days=1)
        return result

    result = run(story())
    assert "payment_link" not in result.fields
    (payment,) = world.payments()[:1]
    assert payment.state == "booked"


def test_owner_gets_the_same_link_again(world: World) -> None:
    async def story() -> set[str]:
        asked = [await world.ask("own", OWNER)]
        await world.ask("other", STRANGER)
        await world.later(DAY / 2)
        asked.append(await world.ask("own-2", OWNER))
        return {result.fields["payment_link"] for result in asked}

    assert len(run(story())) == 1
