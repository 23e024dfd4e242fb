"""A word or two that name a kind of service: the likely ones first, as most people use them."""

from __future__ import annotations

import json

import pytest

from actions.dialogue.service_words import named
from actions.dialogue.state import State
from tests.dialogue.talk import Talk

RARE = ("property_demolition", "property_transfer_registered", "vacancy_remission")
WORDS = {
    "property_tax_payment": {
        "te": "పన్ను",
        "te-Latn": "pannu",
        "hi": "टैक्स",
        "hi-Latn": "tax bharna hai",
        "en": "tax",
    },
    "grievance_register": {
        "te": "ఫిర్యాదు",
        "te-Latn": "complaint cheyali",
        "hi": "शिकायत",
        "hi-Latn": "shikayat karni hai",
        "en": "complaint",
    },
    "cmrf_apply": {
        "te": "సీఎం రిలీఫ్ ఫండ్",
        "te-Latn": "cmrf kavali",
        "hi": "मुख्यमंत्री राहत कोष",
        "hi-Latn": "cm rahat kosh",
        "en": "cm relief fund",
    },
    "income_certificate": {
        "te": "సర్టిఫికెట్ కావాలి",
        "te-Latn": "certificate kavali",
        "hi": "प्रमाण पत्र",
        "hi-Latn": "praman patra chahiye",
        "en": "certificate please",
    },
}
CASES = [(first, key, text) for first, some in WORDS.items() for key, text in some.items()]


def offered(talk: Talk) -> list[str]:
    found = [one.payload for one in talk.buttons if one.payload.startswith("/choose")]
    return [json.loads(one[len("/choose") :])["service"] for one in found]


@pytest.mark.parametrize(("first", "key", "text"), CASES)
@pytest.mark.parametrize("kind", ["clarify", "out_of_scope"])
async def test_the_most_used_comes_first(
    talk: Talk, first: str, key: str, text: str, kind: str
) -> None:
    await talk.say(text, key=key, kind=kind, options=RARE if kind == "clarify" else ())
    assert offered(talk)[0] == first
    said = talk.said[-1]  # behind the offer of another language, where there is one
    phrases = talk.form.catalogue.phrases
    assert said.text == phrases["clarify_prompt"][key[:2]]
    assert said.button_label == phrases["choose_service_button"][key[:2]]
    assert said.button_label != phrases["menu_button"][key[:2]]
    assert len(said.buttons) <= talk.form.settings.list_rows
    assert said.buttons[-1].payload == "/menu{}"


@pytest.mark.parametrize(
    ("key", "text"),
    [("te", "పన్ను"), ("te-Latn", "pannu"), ("hi", "टैक्स"), ("hi-Latn", "taiks"), ("en", "tax")],
)
async def test_a_word_of_many_services_is_asked_about_though_one_is_likely(
    talk: Talk, key: str, text: str
) -> None:
    """ "Tax" is more than the tax of vehicles; what most people want begins at once."""
    await talk.say(text, key=key, intent="vehicle_tax_payment", kind="route")
    assert talk.state.service is None and offered(talk)[0] == "property_tax_payment"
    await talk.say(text, key=key, intent="property_tax_payment", kind="route")
    assert talk.state.service == "property_tax_payment"


async def test_the_choice_begins_the_service(talk: Talk) -> None:
    await talk.say("tax", key="en", kind="clarify", options=RARE)
    await talk.tap("property_tax_payment")
    assert talk.state.service == "property_tax_payment" and talk.open


async def test_what_is_clear_begins_at_once(talk: Talk) -> None:
    await talk.say("income certificate", key="en", intent="income_certificate", kind="route")
    assert talk.state.service == "income_certificate"


async def test_more_words_are_asked_about_as_they_were_understood(talk: Talk) -> None:
    await talk.say("the tax on my house that is gone", key="en", kind="clarify", options=RARE)
    assert offered(talk) == list(RARE)


async def test_what_is_done_elsewhere_is_told(talk: Talk) -> None:
    airline = {"elsewhere": "elsewhere_flight"}
    await talk.say("flight", key="en", **airline)
    assert "airsewa.gov.in" in talk.text and not talk.buttons


@pytest.mark.parametrize("text", ["the", "kavali", "please", "xyzzy", "Ravi Kumar", ""])
def test_other_words_name_nothing(talk: Talk, text: str) -> None:
    assert named(talk.form, text) == ()


@pytest.mark.parametrize("text", ["కరెంటు", "current", "बिजली", "bijli", "electricity"])
def test_the_first_of_each_topic_is_near_the_front(talk: Talk, text: str) -> None:
    """Who writes a word of several topics sees the most used of each."""
    found = named(talk.form, text)
    assert found[0] == "electricity_bill_payment", found[:5]
    assert "electricity_supply_failure_complaint" in found[:4], found[:5]


@pytest.mark.parametrize(
    ("text", "key", "topic"),
    [
        ("ఆరోగ్యం", "te", "health"),
        ("aarogyam", "te-Latn", "health"),
        ("सेहत", "hi", "health"),
        ("sehat", "hi-Latn", "health"),
        ("Health please", "en", "health"),
        ("చదువు కావాలి", "te", "education"),
        ("Farming", "en", "land"),
        ("travel", "en", "travel"),
    ],
)
async def test_the_words_for_a_topic_show_it(talk: Talk, text: str, key: str, topic: str) -> None:
    """Most used first; a word that services have in their titles shows these."""
    for kind in ("out_of_scope", "clarify"):
        talk.state = State(language=key.partition("-")[0])
        await talk.say(text, key=key, kind=kind)
        first = talk.form.catalogue.topics[topic].services[0]
        assert f'"{first}"' in talk.buttons[0].payload, talk.text


def test_a_topic_with_more_of_them_leads(talk: Talk) -> None:
    """A scheme for accidental deaths stands before the papers in its own topic."""
    found = named(talk.form, "death")
    assert found[0] == "death_certificate" and "apathbandhu_scheme" in found


def test_all_words_must_be_in_a_title(talk: Talk) -> None:
    found = named(talk.form, "bus ticket")
    assert found[0] == "rtc_ticket_booking"
    assert all(name.startswith("rtc_") for name in found)


def test_the_lists_of_one_language_are_known_in_all(talk: Talk) -> None:
    assert named(talk.form, "ట్యాక్స్") == named(talk.form, "tax") == named(talk.form, "पन्नु")
