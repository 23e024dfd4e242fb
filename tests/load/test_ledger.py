"""What is lost, doubled or out of order is noticed; nothing else is."""

from __future__ import annotations

import pytest

from api.load.ledger import Ledger, Sent, answered_id


def ledger(*citizens: str) -> Ledger:
    """A message of each, all taken; numbers count for each citizen."""
    found = Ledger()
    for number, who in enumerate(citizens):
        own = sum(one.citizen == who for one in found.sent.values())
        sent = Sent(f"m{number}", who, "te", "begin", own, due=float(number), accepted=number + 0.1)
        found.sent[sent.id] = sent
    return found


@pytest.mark.parametrize(
    ("tracker", "message"),
    [
        ("wamid.x:0", "wamid.x"),
        ("wamid.x:3", "wamid.x"),
        ("wamid.x:0/2", "wamid.x"),
        ("wamid.x/listening:0", "wamid.x"),
        ("shard-2/wamid.x:0", "wamid.x"),
        ("notice/n1:0", "notice"),
        ("", ""),
    ],
)
def test_a_reply_names_the_message_that_it_answers(tracker: str, message: str) -> None:
    assert answered_id(tracker) == message


def test_all_is_well() -> None:
    found = ledger("a", "b", "a")
    for at, tracker in enumerate(("m1:0", "m0:0", "m0:1", "m2:0")):
        assert found.reply(tracker, 10.0 + at) is not None
    assert (found.open, found.untaken, found.doubled, found.out_of_order) == ([], 0, 0, 0)
    assert found.sent["m0"].answered == 11.0, "the first of its replies counts"


def test_a_reply_that_comes_twice_is_doubled() -> None:
    found = ledger("a")
    found.reply("m0:0", 1)
    assert found.reply("m0:0", 2) is None
    assert (found.doubled, found.replies, found.sent["m0"].answered) == (1, 2, 1)


def test_an_answer_before_that_to_an_earlier_message_is_out_of_order() -> None:
    found = ledger("a", "a", "b")
    for at, tracker in enumerate(("m1:0", "m0:0", "m2:0")):
        found.reply(tracker, float(at))
    assert found.out_of_order == 1


def test_what_is_taken_and_not_answered_is_open() -> None:
    found = ledger("a", "b", "c")
    found.reply("m0:0", 1)
    found.sent["m2"].accepted = None
    assert [one.id for one in found.open] == ["m1"] and found.untaken == 1


def test_a_reply_to_nothing_is_strange_and_answers_nothing() -> None:
    found = ledger("a")
    assert found.reply("other:0", 1) is None
    assert (found.strange, len(found.open)) == (1, 1)
