"""What readers decide: once each, twice for a share, and never by a majority."""

from __future__ import annotations

import pytest

from api.review.agreement import agreement
from api.review.decision import NEW, SPLIT, Decision, Part, Targets, WrongDecision, marked, one
from api.review.state import ADJUDICATOR, DISPUTED, DONE, HANDED, OPEN, SECOND, SKIP
from api.review.store import NotForYou
from tests.review.conftest import BILL, BUS, PAY, Desk

TARGETS = Targets({BILL: ["service_number"], BUS: ["to_stop"], PAY: [], "out_of_scope": []})
TEXT = "how much is the power bill"


def card_of(desk: Desk, text: str = TEXT) -> int:
    desk.come(text)
    desk.file()
    return max(row[0] for row in desk.rows("SELECT card FROM review_cards"))


def test_one_reader_is_enough_where_nobody_asks_for_two(desk: Desk) -> None:
    card = card_of(desk)
    assert desk.review.decide(card, "a", one(TEXT, BILL)) == DONE
    assert desk.review.queue("b") == []
    [(found, decided)] = desk.review.finished()
    assert (found.number, decided.account, decided.decision.label) == (card, "a", BILL)
    assert decided.at == desk.clock.now
    with pytest.raises(NotForYou):
        desk.review.decide(card, "b", one(TEXT, BUS))


def test_two_readers_who_agree(desk: Desk) -> None:
    desk.reads_twice()
    card = card_of(desk)
    assert desk.review.decide(card, "a", one(TEXT, BILL)) == SECOND
    assert desk.review.finished() == []  # one of two trains nothing
    assert desk.review.queue("a") == []  # nobody is their own second reader
    with pytest.raises(NotForYou):
        desk.review.decide(card, "a", one(TEXT, BILL))
    assert [found.number for found in desk.review.queue("b")] == [card]
    assert desk.review.decide(card, "b", one(TEXT, BILL)) == DONE
    assert len(desk.review.finished()) == 1


def test_two_who_differ_wait_for_an_adjudicator(desk: Desk) -> None:
    desk.reads_twice()
    card = card_of(desk)
    desk.review.decide(card, "a", one(TEXT, BILL))
    assert desk.review.decide(card, "b", one(TEXT, BUS)) == DISPUTED
    assert desk.review.queue("c") == [] and desk.review.finished() == []
    with pytest.raises(NotForYou):  # a third reader would be a majority
        desk.review.decide(card, "c", one(TEXT, BILL))
    with pytest.raises(NotForYou):  # nor is one of the two a judge of it
        desk.review.decide(card, "a", one(TEXT, BILL), part=ADJUDICATOR)
    assert [found.number for found in desk.review.page(DISPUTED)] == [card]
    assert desk.review.decide(card, "c", one(TEXT, PAY), part=ADJUDICATOR) == DONE
    [(_, decided)] = desk.review.finished()
    assert decided.decision.label == PAY
    assert agreement(desk.review.pairs(10)).same == 0  # the readers differed all the same


def test_other_marks_are_another_decision(desk: Desk) -> None:
    desk.reads_twice()
    card = card_of(desk, "bus to tirupati")
    desk.review.decide(card, "a", one("bus to [tirupati](to_stop)", BUS))
    assert desk.review.decide(card, "b", one("bus to tirupati", BUS)) == DISPUTED


def test_skipped_is_open_for_others(desk: Desk) -> None:
    card = card_of(desk)
    assert desk.review.decide(card, "a", Decision(SKIP)) == OPEN
    assert desk.review.queue("a") == []
    assert [found.number for found in desk.review.queue("b")] == [card]
    assert desk.review.decide(card, "b", one(TEXT, BILL)) == DONE
    assert desk.review.decided_by("a") == 0 and desk.review.decided_by("b") == 1


def test_undone_is_as_if_it_had_not_been(desk: Desk) -> None:
    card = card_of(desk)
    desk.review.decide(card, "a", one(TEXT, BILL))
    assert desk.review.undo("a") == card
    assert desk.review.progress() == {OPEN: 1, SECOND: 0, DISPUTED: 0, DONE: 0, HANDED: 0}
    assert desk.review.decisions(card) == [] and desk.review.finished() == []
    assert desk.review.undo("a") is None
    assert desk.review.decide(card, "a", one(TEXT, BUS)) == DONE


def test_a_split_and_a_service_that_is_not_there_yet(desk: Desk) -> None:
    both = Decision(SPLIT, (Part("power bill", BILL), Part("bus ticket", BUS)))
    TARGETS.check(both)
    card = card_of(desk, "power bill and bus ticket")
    desk.review.decide(card, "a", both)
    new = Decision(NEW, name="solar roof subsidy")
    TARGETS.check(new)
    desk.review.decide(card_of(desk, "solar roof"), "a", new)
    found = [decided.decision for _, decided in desk.review.finished()]
    assert found == [both, new]


@pytest.mark.parametrize(
    "wrong",
    [
        Decision("guess"),
        Decision(SPLIT, (Part("a", BILL),)),
        Decision(NEW),
        one("a", "electricity_bill_veiw"),
        one("[a](no_such_slot)", BILL),
        one("[a(service_number)", BILL),
        one(" ", BILL),
        Decision("out_of_scope", (Part("a", BILL),)),
        Decision("service"),
    ],
)
def test_what_cannot_be_kept_is_refused(wrong: Decision) -> None:
    with pytest.raises(WrongDecision):
        TARGETS.check(wrong)


def test_marks_are_written_into_the_text() -> None:
    text = "బిల్లు [6123] విజయవాడ"
    found = marked(text, [(14, 21, "city"), (7, 13, "number")])
    assert found == "బిల్లు [(6123)](number) [విజయవాడ](city)"
    assert marked("a b c", [(1, 4, "x"), (1, 2, "y"), (3, 9, "z")]) == "a [b](x) [c](z)"


def test_agreement_beyond_chance() -> None:
    pairs = [(BILL, BILL)] * 4 + [(BUS, BUS)] * 4 + [(BILL, BUS), (BUS, BILL)]
    found = agreement(pairs)
    assert (found.pairs, found.same) == (10, 8)
    assert found.kappa == pytest.approx(0.6)
    assert found.apart == [((BILL, BUS), 2)]
    assert agreement([]).kappa is None and agreement([(BILL, BILL)]).kappa is None
