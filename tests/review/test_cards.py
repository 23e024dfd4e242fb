"""Messages become cards: near-duplicates one, the doubtful and frequent first, then others."""

from __future__ import annotations

import pytest

from api.review.decision import one
from tests.review.conftest import BILL, BUS, FIVE, PAY, Desk


@pytest.mark.parametrize("key", FIVE)
def test_the_same_words_are_one_card(desk: Desk, key: str) -> None:
    for text in (FIVE[key], FIVE[key] + " ?", FIVE[key].upper()):
        desk.come(text, key)
    assert desk.file() == 3
    [card] = desk.review.queue("a")
    assert (card.count, card.language) == (3, key)
    assert card.item.text.lower().startswith(FIVE[key])
    assert card.reasons == {"asked": 3}


def test_almost_the_same_words_are_one_card_and_others_are_not(desk: Desk) -> None:
    desk.come("how much is the power bill of our house")
    desk.come("how much is the powr bill of our house")
    desk.come("how much is the power bill of our new house please")
    desk.come("how much is the tax of our house")
    desk.come("bill")
    desk.come("bill how")
    desk.file()
    assert sorted(card.count for card in desk.review.page(0)) == [1, 1, 1, 1, 2]


def test_the_same_words_in_another_language_are_another_card(desk: Desk) -> None:
    desk.come("current bill", "te-Latn")
    desk.come("current bill", "en")
    desk.file()
    assert {card.language for card in desk.review.queue("a")} == {"te-Latn", "en"}
    assert [card.language for card in desk.review.queue("a", language="en")] == ["en"]


def test_doubt_times_frequency_comes_first_and_then_another_topic(desk: Desk) -> None:
    often, more = ("alpha", "beta"), ("gamma", "delta")
    for word in often * 4:
        desk.come(f"{word} bill please", topic=BILL)
    for word in more:
        desk.come(f"{word} bus please", topic=BUS)
    desk.come("epsilon certain payment", topic=PAY, sure=0.99)
    desk.file()
    found = [(card.topic, card.count) for card in desk.review.queue("a")]
    assert found[:3] == [(BILL, 4), (BILL, 4), (BUS, 1)] or found[:2] == [(BILL, 4), (BUS, 1)]
    assert found[-1] == (PAY, 1)


def test_ten_alike_never_come_in_a_row(desk: Desk) -> None:
    words = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]
    for word in words:
        for _ in range(2):
            desk.come(f"{word} power {word[::-1]}", topic=BILL)
        desk.come(f"{word} journey {word[::-1]}", topic=BUS)
    desk.file()
    read = []
    for _ in range(8):
        card = desk.review.queue("a", most=1)[0]
        desk.review.decide(card.number, "a", one(card.item.text, card.topic))
        read.append(card.topic)
    assert {BILL, BUS} == set(read)
    assert all(len(set(read[at : at + 3])) > 1 for at in range(6)), read


def test_a_message_is_filed_once(desk: Desk) -> None:
    desk.come("power bill")
    assert desk.file() == 1 and desk.file() == 0
    desk.come("power bill")
    desk.file()
    [card] = desk.review.queue("a")
    assert card.count == 2
    assert desk.review.progress()[0] == 1


def test_what_was_chosen_later_joins_the_card_that_knows_more(desk: Desk) -> None:
    """Words alone come first; the ranking is shown as soon as a message has one."""
    desk.come("power bill please", topic="", reason="not_this")
    desk.file()
    assert desk.review.queue("a")[0].topic == "unknown"
    desk.come("power bill please")
    desk.file()
    [card] = desk.review.queue("a")
    assert (card.topic, card.count) == (BILL, 2) and card.item.ranking
    assert card.reasons == {"not_this": 1, "asked": 1}
    assert desk.review.progress()[0] == 1


def test_pages_go_on_where_the_one_before_ended(desk: Desk) -> None:
    for number in range(7):
        for _ in range(number + 1):
            desk.come("abcdefg"[number] * 4)
    desk.file()
    desk.review.rules = desk.review.rules.__class__(**{**vars(desk.review.rules), "page": 3})
    first = desk.review.page(0)
    second = desk.review.page(0, (first[-1].priority, first[-1].number))
    third = desk.review.page(0, (second[-1].priority, second[-1].number))
    assert [card.count for card in (*first, *second, *third)] == [7, 6, 5, 4, 3, 2, 1]
