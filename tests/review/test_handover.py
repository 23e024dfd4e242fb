"""Sentences on their way into the catalogue, on both engines and over two databases."""

from __future__ import annotations

from api.review.decision import NEW, SPLIT, Decision, Part, one
from api.review.handover import Handover
from api.review.state import DONE, HANDED
from tests.review.conftest import BILL, FIVE, PAY, Desk


def decided(desk: Desk, text: str, key: str = "en", decision: Decision | None = None) -> int:
    desk.come(text, key)
    desk.file()
    [card] = desk.review.queue("a")
    desk.review.decide(card.number, "a", decision or one(text, BILL))
    return card.number


def test_what_was_handed_in_does_not_wait(desk: Desk) -> None:
    handover = Handover(desk.review)
    for key, text in FIVE.items():
        decided(desk, text, key)
    decided(desk, "put panels on my roof", decision=Decision(NEW, name="solar roof"))
    waiting, more = handover.waiting()
    assert [(w.card.language, w.part.text) for w in waiting] == list(FIVE.items()) and more == 0
    assert [w.readers for w in waiting] == [["a"]] * 5 and handover.count() == 5
    handover.hand_in([w.place for w in waiting[:3]], "20261130-120000-abcd")
    handover.hand_in([waiting[3].place], "")
    assert [w.place for w in handover.waiting()[0]] == [waiting[4].place]
    assert handover.count() == 1 and handover.proposals() == ["20261130-120000-abcd"]
    assert desk.review.progress()[HANDED] == 4 and desk.review.progress()[DONE] == 2
    assert len(desk.review.finished()) == 6


def test_what_is_gone_waits_again_and_what_is_merged_does_not(desk: Desk) -> None:
    handover = Handover(desk.review)
    places = []
    for number, (key, text) in enumerate(FIVE.items()):
        decided(desk, text, key)
        [found] = handover.waiting()[0]
        places.append(found.place)
        handover.hand_in([found.place], f"proposal-{number}")
    handover.settle(merged=["proposal-0"], gone=["proposal-1", "proposal-2"])
    assert [w.place for w in handover.waiting()[0]] == places[1:3]
    assert sorted(handover.proposals()) == ["proposal-3", "proposal-4"]
    handover.settle(merged=[], gone=["proposal-0"])
    assert [w.place for w in handover.waiting()[0]] == places[1:3]


def test_a_split_is_handed_in_by_halves(desk: Desk) -> None:
    handover = Handover(desk.review)
    parts = (Part("show the bill", BILL), Part("and pay it", PAY))
    decided(desk, "show the bill and pay it", decision=Decision(SPLIT, parts))
    first, second = handover.waiting()[0]
    handover.hand_in([second.place], "one")
    assert handover.waiting()[0] == [first] and desk.review.progress()[DONE] == 1
    handover.hand_in([first.place], "two")
    assert handover.waiting() == ([], 0)
    handover.settle(merged=[], gone=["one"])
    assert handover.waiting()[0] == [second]


def test_another_decision_waits_anew_and_an_undone_one_does_not(desk: Desk) -> None:
    handover = Handover(desk.review)
    card = decided(desk, "the bill please")
    [found] = handover.waiting()[0]
    handover.hand_in([found.place], "one")
    desk.review.undo("a")
    assert handover.waiting() == ([], 0) and desk.review.progress()[HANDED] == 0
    desk.review.decide(card, "a", one("the bill please", PAY))
    [again] = handover.waiting()[0]
    assert again.place[1] > found.place[1] and again.part.service == PAY


def test_pages_go_on_behind_a_card(desk: Desk) -> None:
    handover = Handover(desk.review)
    most = desk.review.rules.page
    words = [f"{a}{b} bill" for a in "kmprst" for b in ("ala", "obo", "ugu", "iti", "emne", "oru")]
    words += [f"{one} of the north" for one in words]
    for text in words:
        desk.come(text)
    desk.file()
    while left := desk.review.page(0):
        for card in left:
            desk.review.decide(card.number, "a", one(card.item.text, BILL))
    first, behind = handover.waiting()
    second, end = handover.waiting(behind)
    assert len(first) == most and behind == first[-1].card.number and end == 0
    assert len(first) + len(second) == handover.count() == desk.review.progress()[DONE]
