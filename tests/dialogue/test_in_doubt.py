"""A request that was sent without an answer: nobody says that it was not, or does it twice.

Found by talks made by chance (benchmarks/conversations.py): "cancel" said that nothing was sent,
and the same service named again became a second request.
"""

from __future__ import annotations

import pytest

from actions.departments import OperationResult
from tests.dialogue.talk import Talk

LOST = OperationResult("unavailable", reason="timeout", in_doubt=True)
REFUSED = OperationResult("unavailable", reason="breaker_open")
GIVE = {"intent": "anna_canteen_donate", "kind": "route"}
GREEN = {"intent": "electricity_bill_view", "kind": "route"}


async def sent(talk: Talk, first: OperationResult) -> None:
    """A donation is confirmed, and its department gives no answer."""
    talk.department.results["createDonation"] = [first, OperationResult("ok")]
    await talk.say("I want to donate", key="en", **GIVE)
    for answer in ("Ravi Kumar", "500", "9848012345"):
        await talk.say(answer, key="en", sure=0.0)
    await talk.tap('"yes"')


@pytest.mark.parametrize(("first", "phrase"), [(LOST, "stopped_in_doubt"), (REFUSED, "cancelled")])
async def test_cancel_says_nothing_was_sent_only_where_that_is_true(
    talk: Talk, first: OperationResult, phrase: str
) -> None:
    await sent(talk, first)
    await talk.say("leave it", key="en", intent="cancel", kind="conversation")
    begins = talk.form.catalogue.phrases[phrase]["en"].split("*")[0]
    assert talk.text.startswith(begins)
    assert talk.state.service is None


async def test_declined_later_it_may_have_arrived_all_the_same(talk: Talk) -> None:
    await sent(talk, LOST)
    await talk.say("bill 6123401005678", key="en", **GREEN)
    await talk.tap('"decline"')
    assert "It may have arrived" in talk.said[-1].text


async def test_same_service_named_again_is_the_same_request(talk: Talk) -> None:
    await sent(talk, LOST)
    await talk.say("I want to donate", key="en", **GIVE)
    first, second = talk.department.calls
    assert first == second


async def test_other_values_are_another_request(talk: Talk) -> None:
    """The first one's key belongs to its values."""
    await sent(talk, LOST)
    nonce = talk.state.nonce
    await talk.say("I want to donate 900 rupees", key="en", **GIVE)
    assert talk.state.nonce != nonce
    assert [call[0] for call in talk.department.calls] == ["createDonation"]
    assert [draft.nonce for draft in talk.state.kept] == [nonce]
