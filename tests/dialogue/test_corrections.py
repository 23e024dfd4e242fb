"""Corrections: of the value just given, of one named by its label, and from the card's list."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actions.dialogue.state import CHANGE, CONFIRM
from tests.dialogue.talk import Talk

BUS = {"intent": "rtc_ticket_booking", "kind": "route"}
INCOME = {"intent": "income_certificate", "kind": "route"}
FULL = "bus ticket from Vijayawada to Tirupati tomorrow for two people"
KEYS = ("te", "te-Latn", "hi", "hi-Latn", "en")


def language_of(key: str) -> str:
    return key.split("-")[0]


async def at_the_mobile(talk: Talk) -> None:
    """All is told but the last slot; two people was told last."""
    await talk.say(FULL, key="en", **BUS)
    assert talk.state.asked == "mobile_number"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("te", "కాదు, ముగ్గురు"),
        ("te", "ఇద్దరు కాదు ముగ్గురు"),
        ("te-Latn", "kaadu mugguru"),
        ("te-Latn", "iddaru kaadu mugguru"),
        ("hi", "नहीं, तीन लोग"),
        ("hi", "दो नहीं तीन लोग"),
        ("hi", "दो की जगह तीन लोग"),
        ("hi-Latn", "nahi, teen log"),
        ("hi-Latn", "do nahi teen log"),
        ("en", "no, three people"),
        ("en", "3 people not 2"),
        ("en", "sorry, 3 people"),
        ("en", "not 2, 3 people"),
    ],
)
async def test_the_value_just_given_is_corrected(talk: Talk, key: str, words: str) -> None:
    """In the middle of the form; the question stays, and the new value is said."""
    await at_the_mobile(talk)
    await talk.say(words, key=key)
    assert talk.state.values["passenger_count"] == "3"
    assert talk.state.asked == "mobile_number" and talk.state.attempts == 0
    assert "3" in talk.said[0].text


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("te", "నంబరు తప్పు, 6123401005679"),
        ("te-Latn", "number tappu, 6123401005679"),
        ("hi", "नंबर गलत है, 6123401005679"),
        ("hi-Latn", "galat hai, 6123401005679"),
        ("en", "wrong number, 6123401005679"),
        ("en", "no, 6123401005679 not 6123401005678"),
    ],
)
@pytest.mark.parametrize("where", ["middle", "confirm"])
async def test_a_long_number_is_corrected(talk: Talk, key: str, words: str, where: str) -> None:
    """Where any words would be an answer (an address is asked for), and on the card."""
    outage = {"intent": "electricity_supply_failure_complaint", "kind": "route"}
    await talk.say("no power at 6123401005678", key="en", **outage)
    assert talk.state.asked == "location"
    if where == "confirm":
        await talk.say("Gandhi Nagar third lane", key="en")
        assert talk.state.asked == CONFIRM
    before = talk.state.asked
    await talk.say(words, key=key)
    assert talk.state.values["service_number"] == "6123401005679"
    assert talk.state.asked == before


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("te", "ప్రయాణికులు ముగ్గురు, మార్చండి"),
        ("te-Latn", "passengers mugguru, marchandi"),
        ("hi", "यात्री तीन लोग, बदल दो"),
        ("hi-Latn", "passengers teen log, badal do"),
        ("en", "change passengers to 3 people"),
    ],
)
async def test_a_slot_named_by_its_label_is_corrected(talk: Talk, key: str, words: str) -> None:
    """With its new value in the same message."""
    await at_the_mobile(talk)
    await talk.say(words, key=key)
    assert talk.state.values["passenger_count"] == "3"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("te", "మొబైల్ నంబరు మార్చండి"),
        ("te", "మొబైల్ నంబరు తప్పు"),
        ("te-Latn", "mobile number tappu"),
        ("te-Latn", "mobile number change cheyandi"),
        ("hi", "मोबाइल नंबर गलत है"),
        ("hi-Latn", "mobile number badalna hai"),
        ("en", "mobile number change"),
        ("en", "change my mobile number please"),
        ("en", "phone is wrong"),
    ],
)
async def test_a_slot_named_without_a_value_is_asked_again(
    talk: Talk, key: str, words: str
) -> None:
    """At the confirmation; then the card again, with the new value."""
    await at_the_mobile(talk)
    await talk.say("9848012345", key="en", sure=0.0)
    await talk.say(words, key=key)
    assert talk.state.asked == "mobile_number"
    slot = talk.form.slot(talk.state, "mobile_number")
    assert slot.ask[talk.state.language] in talk.text
    await talk.say("9848012346", key=key, sure=0.0)
    assert talk.state.asked == CONFIRM and talk.state.values["mobile_number"] == "9848012346"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("te", "తప్పు"),
        ("te-Latn", "tappu"),
        ("hi", "गलत है"),
        ("hi-Latn", "galat hai"),
        ("en", "that is wrong"),
    ],
)
async def test_wrong_alone_asks_for_the_last_value_again(talk: Talk, key: str, words: str) -> None:
    """In the middle; at the confirmation, where it may be any of them, all are listed."""
    await at_the_mobile(talk)
    await talk.say(words, key=key)
    assert talk.state.asked == "passenger_count"
    await talk.say("3", key="en", sure=0.0)
    assert talk.state.asked == "mobile_number"
    await talk.say("9848012345", key="en", sure=0.0)
    await talk.say(words, key=key)
    assert talk.state.asked == CHANGE and len(talk.buttons) == 7


async def test_a_new_value_that_does_not_fit_brings_the_example(talk: Talk) -> None:
    """The old one stays until there is a new one."""
    await talk.say("no power at 6123401005678", key="en", **{**BUS, "intent": "rtc_ticket_booking"})
    await talk.say(FULL, key="en", **BUS)
    await talk.say("number of passengers is wrong, ninety", key="en")
    assert talk.state.asked == "passenger_count" and talk.state.attempts == 1
    assert talk.state.values["passenger_count"] == "2"


@pytest.mark.parametrize(
    "words",
    [
        "no water for the last 3 days and the meter shows a wrong reading",
        "రెండు రోజులుగా కరెంటు లేదు, బిల్లు కూడా తప్పుగా వచ్చింది",
        "मीटर गलत रीडिंग दिखा रहा है और कोई नहीं आया",
        "not working since 2 days",
    ],
)
async def test_an_answer_in_any_words_is_not_taken_for_a_correction(talk: Talk, words: str) -> None:
    """Where the complaint itself says "wrong", "no" or a number."""
    outage = {"intent": "electricity_supply_failure_complaint", "kind": "route"}
    await talk.say("no power at 6123401005678", key="en", **outage)
    await talk.say(words, key="en", sure=0.0)
    assert talk.state.values["location"] == words
    assert talk.state.values["service_number"] == "6123401005678"


@pytest.mark.parametrize("language", ["te", "hi", "en"])
async def test_the_card_leads_to_its_values(talk: Talk, language: str) -> None:
    """Tapping one asks for it again; the rest stays, and the card comes back."""
    await at_the_mobile(talk)
    await talk.say("9848012345", key="en", sure=0.0)
    talk.state = replace(talk.state, language=language)
    await talk.tap('"change"')
    rows = talk.buttons
    slots = [slot for slot in talk.form.service(talk.state).slots if not slot.volunteered]
    labels = [slot.label or slot.type.label for slot in slots]
    assert [b.title for b in rows[:-1]] == [label[language] for label in labels]
    assert [b.description for b in (rows[3], rows[5])] == ["2", "9848012345"]
    assert talk.said[-1].button_label
    await talk.tap('"change/to_stop"')
    assert talk.state.asked == "to_stop"
    await talk.say("Hyderabad", key="en", sure=0.0)
    assert talk.state.asked == CONFIRM
    assert talk.state.values["to_stop"] == "hyderabad"
    assert talk.state.values["from_stop"] == "vijayawada"
    stations = talk.form.catalogue.gazetteers["bus_stations"].places
    title = next(p.title[language] for p in stations if p.value == "hyderabad")
    assert f"*{title}*" in talk.text


async def test_private_values_are_listed_by_their_end(talk: Talk) -> None:
    """As on the card."""
    await talk.say("income", key="en", **INCOME)
    for answer in ("Ravi Kumar", "499118665246", "200000", "education"):
        await talk.say(answer, key="en", sure=0.0)
    await talk.tap('"change"')
    shown = " ".join(b.description or "" for b in talk.buttons)
    assert "5246" in shown and "499118665246" not in shown


async def test_back_from_the_list_is_the_card(talk: Talk) -> None:
    """Nothing was changed."""
    await talk.say("pay 6123401005678", key="en", intent="electricity_bill_payment", kind="route")
    await talk.tap('"change"')
    await talk.tap('"back"')
    assert talk.state.asked == CONFIRM and talk.state.values
    await talk.tap('"change"')
    await talk.tap('"change/service_number"')
    await talk.say("back", key="en")
    assert talk.state.asked == CONFIRM and talk.state.values["service_number"] == "6123401005678"


async def test_a_changed_number_is_looked_up_again(talk: Talk) -> None:
    """The amount on the card is that of the new number."""
    await talk.say("pay 6123401005678", key="en", intent="electricity_bill_payment", kind="route")
    await talk.tap('"change"')
    await talk.tap('"change/service_number"')
    await talk.say("1123401000012", key="en", sure=0.0)
    assert [call[1]["service_number"] for call in talk.department.calls] == [
        "6123401005678",
        "1123401000012",
    ]


async def test_a_spoken_correction_is_read_back(talk: Talk) -> None:
    """Like any spoken number."""
    await talk.say("pay 6123401005678", key="en", intent="electricity_bill_payment", kind="route")
    await talk.say("no, 1123401000012", spoken="en")
    assert talk.state.asked == "read_back/service_number"
    assert "1 1 2 3 4" in talk.text


async def test_yes_with_a_cue_word_is_yes(talk: Talk) -> None:
    """ "No mistake, go ahead" is understood as a yes."""
    await talk.say("pay 6123401005678", key="en", intent="electricity_bill_payment", kind="route")
    await talk.say("no mistake, go ahead", key="en", intent="affirm", kind="conversation")
    assert talk.department.calls[-1][0] == "payBill"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("te", "ప్రయాణికులు ముగ్గురు"),
        ("te-Latn", "prayanikulu mugguru"),
        ("hi", "यात्री तीन लोग"),
        ("hi-Latn", "yatri teen log"),
        ("en", "Passengers: three people"),
    ],
)
async def test_a_slot_named_in_full_needs_no_cue(talk: Talk, key: str, words: str) -> None:
    """Where the message does not answer the question that is open."""
    await at_the_mobile(talk)
    await talk.say(words, key=key)
    assert talk.state.values["passenger_count"] == "3" and talk.state.asked == "mobile_number"


async def test_a_request_with_a_cue_word_is_still_a_request(talk: Talk) -> None:
    """ "Change the name" is another service where the understanding is sure of it."""
    await talk.say("income", key="en", **INCOME)
    await talk.say("Ravi Kumar", key="en", sure=0.0)
    other = {"intent": "birth_certificate", "kind": "route", "confidence": 0.95}
    await talk.say("change the name on my child's birth certificate", key="en", **other)
    assert talk.state.service == "birth_certificate"


@pytest.mark.parametrize(
    ("key", "words", "name"),
    [
        ("te", "ఆగండి పేరు రవి కుమార్ రెడ్డి", "రవి కుమార్ రెడ్డి"),
        ("te", "కాదు ఆగండి పేరు రవి కుమార్ రెడ్డి", "రవి కుమార్ రెడ్డి"),
        ("te-Latn", "agandi peru Ravi Kumar Reddy", "Ravi Kumar Reddy"),
        ("te-Latn", "kadu kadu peru Ravi Kumar Reddy", "Ravi Kumar Reddy"),
        ("hi", "रुको नाम रवि कुमार रेड्डी है", "रवि कुमार रेड्डी"),
        ("hi-Latn", "ruko naam Ravi Kumar Reddy hai", "Ravi Kumar Reddy"),
        ("en", "no wait the name is Ravi Kumar Reddy", "Ravi Kumar Reddy"),
        ("en", "wait, the name is Ravi Kumar Reddy", "Ravi Kumar Reddy"),
        ("en", "hold on, name is Ravi Kumar Reddy", "Ravi Kumar Reddy"),
    ],
)
async def test_words_around_a_name_put_right_are_no_part_of_it(
    talk: Talk, key: str, words: str, name: str
) -> None:
    """Of a name given just before, and at its own question."""
    await talk.say("income certificate", key=key, **INCOME)
    await talk.say("Ravi Kumar", key="en")
    asked = talk.state.asked
    await talk.say(words, key=key)
    assert talk.state.values["applicant_name"] == name
    assert talk.state.asked == asked and talk.state.attempts == 0
