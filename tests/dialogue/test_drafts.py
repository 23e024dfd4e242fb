"""Another service in the middle, and back: what was left is kept and offered again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actions.departments import OperationResult
from actions.dialogue import interpretation
from actions.dialogue.state import CONFIRM, RESUME, State
from nlu.turn import payload
from tests.dialogue.talk import Talk, tapped

BUS = {"intent": "rtc_ticket_booking", "kind": "route"}
BILL = {"intent": "electricity_bill_view", "kind": "route"}
PAY = {"intent": "electricity_bill_payment", "kind": "route"}
CANTEEN = {"intent": "anna_canteen_locations", "kind": "route"}
FULL = "bus ticket from Vijayawada to Tirupati tomorrow for two people"
ELSEWHERE = [
    ("te", "విజయవాడలో అన్న క్యాంటీన్ ఎక్కడుంది", "అవును", "వద్దు"),
    ("te-Latn", "vijayawada lo anna canteen ekkada undi", "avunu", "vaddu"),
    ("hi", "विजयवाड़ा में अन्ना कैंटीन कहाँ है", "हाँ", "नहीं"),
    ("hi-Latn", "vijayawada mein anna canteen kahan hai", "haan", "nahi"),
    ("en", "where is an anna canteen in Vijayawada", "yes", "no"),
]


def offer(talk: Talk, service: str) -> str:
    title = talk.form.catalogue.services[service].title[talk.state.language]
    phrase = talk.form.catalogue.phrases["resume_prompt"][talk.state.language]
    return phrase.format(title=title)


async def leave_the_bus(talk: Talk, key: str, words: str) -> None:
    """A ticket is nearly booked when the citizen asks for something else, which is done at once."""
    await talk.say(FULL, key="en", **BUS)
    await talk.say(words, key=key, **CANTEEN)
    assert [call[0] for call in talk.department.calls] == ["listBuses", "listCanteens"]


@pytest.mark.parametrize(("key", "words", "yes", "no"), ELSEWHERE)
@pytest.mark.parametrize("way", ["tapped", "typed", "title"])
async def test_what_was_left_is_gone_on_with(
    talk: Talk, key: str, words: str, yes: str, no: str, way: str
) -> None:
    """After the other service is done: offered, and taken up with all that was told."""
    await leave_the_bus(talk, key, words)
    assert talk.said[-1].text == offer(talk, "rtc_ticket_booking")
    language = talk.state.language
    if way == "tapped":
        await talk.tap('"go_on"')
    elif way == "typed":
        await talk.say(yes, key=key, intent="affirm", kind="conversation")
    else:
        await talk.say(talk.form.catalogue.phrases["yes_button"][language], key=key)
    assert talk.open and talk.state.asked == "mobile_number"
    assert talk.state.values["to_stop"] == "tirupati" and talk.state.kept == ()
    title = talk.form.service(talk.state).title[language]
    resumed = talk.form.catalogue.phrases["resumed"][language]
    assert talk.said[0].text == resumed.format(title=title)


@pytest.mark.parametrize(("key", "words", "yes", "no"), ELSEWHERE)
@pytest.mark.parametrize("way", ["tapped", "typed"])
async def test_what_was_left_is_declined(
    talk: Talk, key: str, words: str, yes: str, no: str, way: str
) -> None:
    """And forgotten: a yes afterwards means nothing."""
    await leave_the_bus(talk, key, words)
    if way == "tapped":
        await talk.tap('"decline"')
    else:
        await talk.say(no, key=key, intent="deny", kind="conversation")
    assert talk.text == talk.form.catalogue.phrases["denied"][talk.state.language]
    assert talk.state.kept == () and not talk.open
    await talk.say(yes, key=key, intent="affirm", kind="conversation")
    assert talk.state.service is None


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("te", "కొనసాగించండి"),
        ("te-Latn", "konasaginchandi"),
        ("hi", "जारी रखिए"),
        ("hi-Latn", "jaari rakho"),
        ("en", "continue"),
    ],
)
async def test_go_on_in_words(talk: Talk, key: str, words: str) -> None:
    """Also later, and honest where nothing was left."""
    talk.state = State(language=key.split("-")[0])
    await talk.say(words, key=key)
    nothing = talk.form.catalogue.phrases["nothing_to_resume"]
    assert talk.text == nothing[talk.state.language]
    await leave_the_bus(talk, "en", "where is an anna canteen in Vijayawada")
    await talk.say("thanks", key="en", intent="thanks", kind="conversation")
    await talk.say(words, key=key)
    assert talk.open and talk.state.service == "rtc_ticket_booking"


async def test_cancelling_the_second_offers_the_first(talk: Talk) -> None:
    """Only the second one is cancelled."""
    await talk.say(FULL, key="en", **BUS)
    await talk.say("now my electricity bill please", key="en", **BILL)
    await talk.say("stop", key="en", intent="cancel", kind="conversation")
    phrases = talk.form.catalogue.phrases
    assert [one.text for one in talk.said] == [
        phrases["cancelled"]["en"],
        offer(talk, "rtc_ticket_booking"),
    ]
    assert talk.state.asked == RESUME


async def test_coming_back_by_name_takes_up_what_was_told(talk: Talk) -> None:
    """Who names the first service again need not begin anew; new values count."""
    await talk.say(FULL, key="en", **BUS)
    await talk.say("now my electricity bill please", key="en", **BILL)
    await talk.say("book the bus ticket for 4 people", key="en", **BUS)
    assert talk.state.asked == "mobile_number"
    assert talk.state.values["passenger_count"] == "4"
    assert talk.state.values["from_stop"] == "vijayawada"
    assert [draft.service for draft in talk.state.kept] == ["electricity_bill_view"]


async def test_the_stack_is_small(talk: Talk) -> None:
    """Its depth is in data; the oldest is forgotten."""
    services = [
        *("rtc_ticket_booking", "electricity_bill_view", "income_certificate"),
        *("birth_certificate", "electricity_bill_payment"),
    ]
    for number, service in enumerate(services):
        tap = tapped(payload("choose", service=service), f"c{number}")
        step = interpretation.hear(talk.form, talk.state, tap)
        talk.state = step.state
    kept = [draft.service for draft in talk.state.kept]
    assert kept == services[:-1][-talk.form.settings.drafts_kept :]


async def test_the_offer_goes_through_the_stack(talk: Talk) -> None:
    """The one left last first, then the one before."""
    await talk.say(FULL, key="en", **BUS)
    await talk.say("now my electricity bill please", key="en", **BILL)
    await talk.say("where is an anna canteen in Vijayawada", key="en", **CANTEEN)
    assert talk.said[-1].text == offer(talk, "electricity_bill_view")
    await talk.tap('"go_on"')
    await talk.say("6123401005678", key="en", sure=0.0)
    assert talk.said[-1].text == offer(talk, "rtc_ticket_booking")


async def test_a_card_comes_back_with_a_new_look_up(talk: Talk) -> None:
    """The amount may have changed meanwhile; the request and its buttons are the same."""
    talk.department.results["getBill"] = [
        OperationResult("ok", {"amount": "845"}),
        OperationResult("ok", {"amount": "900"}),
    ]
    await talk.say("pay 6123401005678", key="en", **PAY)
    card, nonce = talk.buttons, talk.state.nonce
    await talk.say("where is an anna canteen in Vijayawada", key="en", **CANTEEN)
    await talk.tap('"yes"', card)
    assert talk.text == talk.form.catalogue.phrases["old_button"]["en"]
    await talk.say("continue", key="en")
    assert talk.state.asked == CONFIRM and talk.state.nonce == nonce and "900" in talk.text
    await talk.tap('"yes"')
    assert talk.department.calls[-1][0] == "payBill"


async def test_what_the_department_did_not_answer_is_tried_again(talk: Talk) -> None:
    """With the same request id, also after another service."""
    talk.department.results["payBill"] = [OperationResult("unavailable"), OperationResult("ok")]
    await talk.say("pay 6123401005678", key="en", **PAY)
    await talk.tap('"yes"')
    retry = talk.buttons
    await talk.say("where is an anna canteen in Vijayawada", key="en", **CANTEEN)
    await talk.tap('"retry"', retry)
    pays = [call for call in talk.department.calls if call[0] == "payBill"]
    assert len(pays) == 2 and pays[0] == pays[1]


async def test_a_menu_in_between_does_not_lose_the_request(talk: Talk) -> None:
    """Who looks around is asked after the next service."""
    await talk.say("hello there", key="en", intent="greet", kind="conversation")
    rows = talk.buttons
    await talk.say(FULL, key="en", **BUS)
    await talk.tap('"bills"', rows)
    assert not talk.open and len(talk.buttons) > 3
    await talk.say("hi", key="en", intent="greet", kind="conversation")
    assert talk.said[-1].text == offer(talk, "rtc_ticket_booking")


async def test_a_draft_of_a_service_that_is_gone_is_forgotten(talk: Talk) -> None:
    """Taken out of the catalogue meanwhile."""
    await leave_the_bus(talk, "en", "where is an anna canteen in Vijayawada")
    [draft] = talk.state.kept
    talk.state = replace(talk.state, kept=(replace(draft, service="no_more"),))
    await talk.say("continue", key="en")
    assert talk.text == talk.form.catalogue.phrases["nothing_to_resume"]["en"]
