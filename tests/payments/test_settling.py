"""What becomes of a payment for each thing that can go wrong at the gateway."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from .world import CATALOGUE, DAY, PAISE, World, run


@dataclass(frozen=True)
class Case:
    """A plan of the gateway, the state after four days, the money that moved, what was told."""

    plan: str
    end: str
    money: tuple[tuple[str, int], ...]
    told: tuple[str, ...]


DEBIT, REFUND = ("debit", PAISE), ("refund", PAISE)
NOT_BOOKED = ("payment_not_booked_yet", "payment_refunding", "payment_refunded")
CASES = [
    Case("paid", "booked", (DEBIT,), ("payment_booked",)),
    Case("pending", "booked", (DEBIT,), ("payment_booked",)),
    Case("failed", "failed", (), ("payment_failed",)),
    Case("failed_debited", "failed", (DEBIT, ("reversal", PAISE)), ("payment_failed",)),
    Case("not_told", "booked", (DEBIT,), ("payment_booked",)),
    Case("refused", "refunded", (DEBIT, REFUND), NOT_BOOKED),
    Case("refund_slow", "refunded", (DEBIT, REFUND), NOT_BOOKED),
    Case(
        "wrong_amount",
        "refunded",
        (("debit", PAISE - 100), ("refund", PAISE - 100)),
        ("payment_wrong_amount", "payment_refunded"),
    ),
    Case("callback_lost", "booked", (DEBIT,), ("payment_booked",)),
    Case("callback_twice", "booked", (DEBIT,), ("payment_booked",)),
    Case("callback_late", "booked", (DEBIT,), ("payment_booked",)),
    Case("callback_forged", "expired", (), ()),
]


def beginning(phrase: str, language: str) -> str:
    """The words of a phrase up to its first number."""
    words: str = CATALOGUE.phrases[phrase][language]
    return max(words.replace("*{title}*", "").split("{"), key=len).split("}")[-1].strip()


LANGUAGES = ("te", "hi", "en")
RUNS = [(case, LANGUAGES[place % 3]) for place, case in enumerate(CASES)]


@pytest.mark.parametrize("case, language", RUNS, ids=[case.plan for case in CASES])
def test_payment_comes_to_its_end(world: World, case: Case, language: str) -> None:
    async def story() -> str:
        asked = await world.ask(language=language)
        order = asked.fields["order_id"]
        world.books.pay(order, case.plan)
        await world.later(20)
        await world.settle()
        return order

    order = run(story())
    assert world.state() == case.end
    assert tuple(world.books.money(order)) == case.money
    texts = world.phones.texts()
    assert len(texts) == len(case.told)
    for phrase, text in zip(case.told, texts):
        assert beginning(phrase, language) in text
    followed = case.end in ("failed", "expired")  # for a week: money may come late
    assert (world.payments()[0].due_at is None) != followed


def test_order_that_nobody_pays_can_no_longer_be_paid(world: World) -> None:
    async def story() -> str:
        order = (await world.ask()).fields["order_id"]
        await world.settle(days=3, rounds=15)
        return order

    order = run(story())
    assert world.state() == "expired"
    assert not world.books.pay(order)
    assert world.phones.texts() == []


def test_department_that_does_not_answer_is_not_refunded_behind_its_back(world: World) -> None:
    async def story() -> None:
        order = (await world.ask(language="en")).fields["order_id"]
        world.books.pay(order, "paid")
        await world.fault("energy", mode="down")
        await world.settle(days=3, rounds=15)
        assert world.state() == "paid_not_booked"
        await world.fault("energy", mode="none")
        await world.settle(days=1)

    run(story())
    assert world.state() == "booked"
    assert len(world.phones.texts()) == 2


@pytest.mark.parametrize("mode", ["down", "wrong", "error"])
def test_gateway_that_says_nothing_is_asked_until_it_does(world: World, mode: str) -> None:
    async def story() -> None:
        order = (await world.ask()).fields["order_id"]
        world.books.pay(order, "paid")
        await world.fault("gateway", mode=mode)
        await world.settle(days=1, rounds=20)
        assert world.state() == "open"
        assert world.phones.texts() == []
        await world.fault("gateway", mode="none")
        await world.settle(days=1, rounds=20)

    run(story())
    assert world.state() == "booked"


def test_citizen_is_told_in_the_language_of_today(world: World) -> None:
    async def story() -> None:
        order = (await world.ask("m-1", "c-1:919848012345", "te")).fields["order_id"]
        world.phones.languages["c-1:919848012345"] = "en"  # has switched since
        world.books.pay(order, "paid")
        await world.later(20)

    run(story())
    assert "has arrived" in world.phones.texts("c-1:919848012345")[0]


def test_words_go_without_a_receipt_that_cannot_be_issued(world: World) -> None:
    world.press.closed = True

    async def story() -> None:
        order = (await world.ask(language="en")).fields["order_id"]
        world.books.pay(order, "paid")
        await world.later(20)
        assert [notice.document for notice in world.phones.taken.values()] == [None]
        world.press.closed = False
        await world.settle(days=1)

    run(story())
    assert len(world.phones.texts()) == 2
    assert list(world.phones.taken.values())[1].document is not None


def test_receipt_is_issued_once_and_sent_with_the_words(world: World) -> None:
    async def story() -> None:
        order = (await world.ask()).fields["order_id"]
        world.books.pay(order, "paid")
        await world.later(20)
        await world.settle()

    run(story())
    (receipt,) = world.press.issued.values()
    assert receipt.values["reference"] == "6123401005678"
    assert receipt.values["amount"] == "845"
    assert receipt.values["payer"] == "ra***@upi"
    assert [bool(notice.document) for notice in world.phones.taken.values()] == [True]


def test_notice_that_is_not_taken_is_handed_over_again(world: World) -> None:
    world.phones.refusing = True

    async def story() -> None:
        order = (await world.ask()).fields["order_id"]
        world.books.pay(order, "paid")
        await world.later(20)
        assert world.phones.texts() == []
        world.phones.refusing = False
        await world.later(DAY)

    run(story())
    assert len(world.phones.texts()) == 1
