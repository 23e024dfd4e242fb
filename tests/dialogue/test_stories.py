"""Long messages: the request wins over the story, two requests are two, a complaint has a way."""

from __future__ import annotations

from typing import Any

import pytest

from actions.dialogue.state import MEANT, RESUME, Heard
from actions.dialogue.stories import feeling
from nlu.text.sentences import sentences
from tests.dialogue.talk import Talk, heard

LAND = "land_mutation"
DEATH = "late_death_registration"
INCOME, CASTE = "income_certificate", "integrated_caste_certificate"
GRIEVANCE = "grievance_register"
WIDOW = {
    "te": "నా భర్త చనిపోయారు. మాకు ఇద్దరు పిల్లలు. ఆ పొలం నా పేరు మీదకి మార్చాలి",
    "te-Latn": "maa aayana chanipoyaru. iddaru pillalu unnaru. aa polam naa peru meeda marchali",
    "hi": "मेरे पति गुज़र गए। दो बच्चे हैं। ज़मीन मेरे नाम करवानी है",
    "hi-Latn": "mere pati guzar gaye. do bachche hai. zameen mere naam karwani hai",
    "en": "My husband died last year. We have two children. I want the land in my name",
}
ANGRY = {
    "te": "ఇది అన్యాయం. మూడు నెలలుగా తిరుగుతున్నాను. ఎవరూ పట్టించుకోవట్లేదు, ఏం చేయమంటారు",
    "te-Latn": "idi anyayam. mudu nelalu tirugutunnanu. evaru pattinchukovatledu, em cheyali",
    "hi": "तीन महीने से दफ़्तर जा रहा हूँ। कोई सुनता नहीं। अब क्या करूँ",
    "hi-Latn": "teen mahine se daftar ja raha hu. koi sunta nahi. ab kya karu",
    "en": "I go to the office for three months now. Nobody listens. What am I to do",
}
TWO = {
    "te": "ఆదాయ సర్టిఫికెట్ కావాలి, ఇంకా కుల సర్టిఫికెట్ కూడా",
    "te-Latn": "income certificate kavali, inka caste certificate kuda",
    "hi": "आय प्रमाण पत्र चाहिए, इसके अलावा जाति प्रमाण पत्र भी",
    "hi-Latn": "income certificate chahiye aur caste certificate bhi",
    "en": "I need an income certificate, and also a caste certificate",
}
KEYS = tuple(WIDOW)


def parts(text: str, *meant: str | dict[str, Any], key: str = "en") -> list[Heard]:
    """The sentences of a text: each asks for a service, or is as the understanding says."""
    found = sentences(text)
    assert len(found) == len(meant), found
    return [heard(part, key=key, **understood(one)) for part, one in zip(found, meant)]


def understood(meant: str | dict[str, Any]) -> dict[str, Any]:
    if isinstance(meant, dict):
        return meant
    return {"intent": meant, "kind": "route", "confidence": 0.97} if meant else {}


def said(talk: Talk, phrase: str, **fields: str) -> bool:
    words = talk.form.catalogue.phrases[phrase][talk.state.language]
    return words.partition("{")[0].format(**fields) in talk.text and all(
        field in talk.text for field in fields.values()
    )


def title(talk: Talk, service: str) -> str:
    return talk.form.catalogue.services[service].title[talk.state.language]


@pytest.mark.parametrize("key", KEYS)
async def test_the_request_wins_over_the_story(talk: Talk, key: str) -> None:
    """Also over the sentence before it that sounds like another service, and with sympathy."""
    text = WIDOW[key]
    await talk.say(text, key=key, parts=parts(text, DEATH, "", LAND, key=key))
    assert talk.state.service == LAND and talk.open
    assert said(talk, "sympathy_loss") and talk.state.language == key[:2]
    assert talk.said[0].text == talk.form.catalogue.phrases["sympathy_loss"][key[:2]]


LONG = {
    "te": "నమస్కారం. నా భర్త చనిపోయారు. మాకు ఇద్దరు పిల్లలు. కూలి పని చేస్తాం. పొలం నా పేరు మీదకి మార్చాలి",
    "en": "Hello. My husband died. We have two children. We are poor. I want the land in my name",
}


@pytest.mark.parametrize("key", LONG)
async def test_in_a_long_story_a_sure_request_wins_over_what_the_whole_sounds_like(
    talk: Talk, key: str
) -> None:
    """Nothing else overrules a message that is understood as a whole."""
    text, whole = LONG[key], {"intent": DEATH, "kind": "route", "confidence": 0.8}
    await talk.say(text, key=key, parts=parts(text, "", "", "", "", LAND, key=key), **whole)
    assert talk.state.service == LAND


@pytest.mark.parametrize("key", KEYS)
async def test_a_few_sentences_do_not_overrule_the_whole(talk: Talk, key: str) -> None:
    text, whole = WIDOW[key], {"intent": DEATH, "kind": "route", "confidence": 0.8}
    await talk.say(text, key=key, parts=parts(text, "", "", LAND, key=key), **whole)
    assert talk.state.service == DEATH


async def test_a_request_must_agree_with_what_a_short_message_may_mean(talk: Talk) -> None:
    """Out of their message, two words sound like something else."""
    text = "I paid for the line and need the meter, contractor takes it back afterwards"
    whole = {"kind": "clarify", "options": (INCOME, CASTE)}
    await talk.say(text, key="en", parts=parts(text, "", LAND, ""), **whole)
    assert not talk.open and any(INCOME in one.payload for one in talk.buttons)
    assert not any(LAND in one.payload for one in talk.buttons)


async def test_a_clear_message_is_what_it_is(talk: Talk) -> None:
    text = WIDOW["en"]
    whole = {"intent": DEATH, "kind": "route", "confidence": 0.99}
    await talk.say(text, key="en", parts=parts(text, "", "", LAND), **whole)
    assert talk.state.service == DEATH


async def test_the_values_of_the_whole_story_count(talk: Talk) -> None:
    text = "My bus is tomorrow from Vijayawada. We are 3 people. I need tickets to Tirupati"
    await talk.say(text, key="en", parts=parts(text, "", "", "rtc_ticket_booking"))
    assert (
        talk.state.values["to_stop"] == "tirupati" and talk.state.values["passenger_count"] == "3"
    )


async def test_two_services_without_a_wish_are_offered(talk: Talk) -> None:
    text = "The power is gone. The transformer is burnt"
    services = ("electricity_supply_failure_complaint", "electricity_transformer_failure")
    await talk.say(text, key="en", parts=parts(text, *services))
    assert not talk.open
    for service in services:
        assert any(f'"{service}"' in one.payload for one in talk.buttons)


async def test_what_the_whole_may_mean_and_a_sentence_says_wins(talk: Talk) -> None:
    """Without a word of wanting."""
    text = "My son is big. He goes to college. They asked income proof, not the pass. I am poor"
    found = parts(text, "", "", INCOME, "rtc_student_pass", "")
    await talk.say(text, key="en", parts=found, kind="clarify", options=(INCOME, CASTE))
    assert talk.state.service == INCOME


async def test_a_complaint_that_may_fit_something_is_offered_a_grievance_too(talk: Talk) -> None:
    """In the words that were said, and last."""
    text, wrong = "the house tax was paid twice by me", {"answer": {"description": 0.9}}
    fitting = ("property_tax_payment", "property_tax_revision_petition")
    await talk.say(text, key="en", kind="clarify", options=fitting, **wrong)
    services = [one.payload for one in talk.buttons if "service" in one.payload]
    assert len(services) == 3 and GRIEVANCE in services[-1]
    await talk.tap(GRIEVANCE)
    assert talk.state.values["grievance_text"] == text


async def test_what_is_mostly_a_grievance_is_offered_as_one(talk: Talk) -> None:
    text, wrong = "the school has no roof and rain comes in", {"answer": {"description": 0.9}}
    options = (GRIEVANCE, "municipal_grievance")
    await talk.say(text, key="en", kind="clarify", options=options, **wrong)
    assert talk.state.asked == MEANT + GRIEVANCE and said(talk, "grievance_offer")


async def test_a_sentence_that_sounds_like_a_grievance_is_not_filed_unasked(talk: Talk) -> None:
    text = "The school has no roof. Rain comes in. The officers read no letter of ours"
    await talk.say(text, key="en", parts=parts(text, "", "", GRIEVANCE))
    assert talk.state.asked == MEANT + GRIEVANCE and not talk.open
    await talk.say("yes", key="en", intent="affirm", kind="conversation")
    assert talk.state.asked == "location" and talk.state.values["grievance_text"] == text


async def test_a_grievance_that_is_asked_for_begins(talk: Talk) -> None:
    text = "The school has no roof. Rain comes in. I want to complain to the collector"
    await talk.say(text, key="en", parts=parts(text, "", "", GRIEVANCE))
    assert talk.state.asked == "location" and talk.state.values["grievance_text"] == text


@pytest.mark.parametrize("key", KEYS)
async def test_where_nothing_fits_a_grievance_is_offered(talk: Talk, key: str) -> None:
    """Yes begins it, and the whole story is its description."""
    text, told = ANGRY[key], {"answer": {"description": 0.8, "none": 0.2}}
    await talk.say(text, key=key, parts=parts(text, *[told] * len(sentences(text)), key=key))
    assert talk.state.asked == MEANT + GRIEVANCE and said(talk, "grievance_offer")
    assert len(talk.buttons) == 2
    await talk.tap(GRIEVANCE)
    assert talk.state.service == GRIEVANCE and talk.state.values["grievance_text"] == text
    assert talk.state.asked == "location"


@pytest.mark.parametrize("key", KEYS)
async def test_a_typed_yes_begins_it_too_and_a_no_does_not(talk: Talk, key: str) -> None:
    text = "property tax was paid twice!!"
    wrong = {"answer": {"description": 0.9}}
    await talk.say(text, key=key, **wrong)
    assert said(talk, "grievance_offer")
    await talk.say("no", key=key, intent="deny", kind="conversation")
    assert talk.state.heard is None and talk.state.service is None
    await talk.say(text, key=key, **wrong)
    await talk.say("yes", key=key, intent="affirm", kind="conversation")
    assert talk.state.values["grievance_text"] == text


async def test_words_that_complain_of_nothing_are_refused(talk: Talk) -> None:
    await talk.say("write me a poem about the sea", key="en", answer={"question": 0.9})
    assert not talk.state.asked and said(talk, "out_of_scope", helpline="1100")


async def test_a_story_longer_than_a_grievance_keeps_what_tells_most(talk: Talk) -> None:
    filler = "Good morning to all of you and to your families, I hope that everybody is fine today"
    facts = (
        "The clerk asked me for 500 rupees and sent me away. My file lies there for three months"
    )
    text = f"{filler}. " * 11 + facts
    found = [
        heard(part, answer={"description": 0.1 if part in filler else 0.9})
        for part in sentences(text)
    ]
    await talk.say(text, key="en", parts=found)
    await talk.tap(GRIEVANCE)
    kept = talk.state.values["grievance_text"]
    assert len(kept) <= 1000 and all(part in kept for part in sentences(facts))


async def test_a_long_complaint_is_not_asked_for_again(talk: Talk) -> None:
    """Whichever service takes it, if it asks what happened."""
    text = "The conductor of the Tirupati bus shouted at my mother and gave no ticket"
    bus = {"intent": "rtc_complaint", "kind": "route", "answer": {"description": 0.8}}
    await talk.say(text, key="en", **bus)
    assert talk.state.values["grievance_text"] == text


async def test_a_short_complaint_is_asked_for(talk: Talk) -> None:
    bus = {"intent": "rtc_complaint", "kind": "route", "answer": {"description": 0.8}}
    await talk.say("complain about a bus", key="en", **bus)
    assert "grievance_text" not in talk.state.values


@pytest.mark.parametrize("key", KEYS)
async def test_of_two_requests_the_second_is_kept_and_offered(talk: Talk, key: str) -> None:
    text = TWO[key]
    clarify = {"kind": "clarify", "options": (INCOME, CASTE)}
    await talk.say(text, key=key, parts=parts(text, INCOME, CASTE, key=key), **clarify)
    assert talk.state.service == INCOME and said(talk, "after_that", titles=title(talk, CASTE))
    assert [draft.service for draft in talk.state.kept] == [CASTE]
    await talk.say("stop", key=key, intent="cancel", kind="conversation")
    assert talk.state.asked == RESUME and said(talk, "resume_prompt", title=title(talk, CASTE))
    await talk.tap('"go_on"')
    assert talk.state.service == CASTE and talk.open and not talk.state.kept


async def test_what_is_done_at_once_is_followed_by_the_offer(talk: Talk) -> None:
    """Nothing is asked for the first, so that the next is named once."""
    text = "show my bill 6123401005678 and also the timings of anna canteen"
    bill, canteen = "electricity_bill_view", "anna_canteen_timings"
    await talk.say(text, key="en", parts=parts(text, bill, canteen))
    assert talk.text.count(title(talk, canteen)) == 1
    await talk.say("yes", key="en", intent="affirm", kind="conversation")
    assert [call[0] for call in talk.department.calls] == ["getBill", "getTimings"]


async def test_two_requests_of_a_clear_message_are_two(talk: Talk) -> None:
    """What was said of each goes to each."""
    text = "book a bus from Vijayawada to Tirupati tomorrow and also show my bill 6123401005678"
    bus, bill = "rtc_ticket_booking", "electricity_bill_view"
    whole = {"intent": bus, "kind": "route", "confidence": 0.97}
    await talk.say(text, key="en", parts=parts(text, bus, bill), **whole)
    assert talk.state.service == bus and talk.state.values["to_stop"] == "tirupati"
    (draft,) = talk.state.kept
    assert draft.service == bill and draft.values["service_number"] == "6123401005678"


async def test_neighbours_are_one_request_unless_a_word_joins_them(talk: Talk) -> None:
    pay, dues = "property_tax_payment", "property_tax_dues"
    text = "I want to pay the house tax. I want to know the amount"
    await talk.say(text, key="en", parts=parts(text, pay, dues))
    assert not talk.state.kept and not talk.open
    text = "I want to pay the house tax. Also I want to know the dues"
    await talk.say(text, key="en", parts=parts(text, pay, dues))
    assert talk.state.service == pay and [one.service for one in talk.state.kept] == [dues]


async def test_what_is_understood_is_one_request_unless_a_word_joins_two(talk: Talk) -> None:
    """A seat that is reserved for a caste is no seat in a bus."""
    text = "I stand for the reserved seat, I want my caste certificate"
    whole = {"intent": CASTE, "kind": "route", "confidence": 0.9}
    await talk.say(text, key="en", parts=parts(text, "rtc_ticket_booking", CASTE), **whole)
    assert talk.state.service == CASTE and not talk.state.kept


async def test_what_is_done_elsewhere_is_told_beside_the_request(talk: Talk) -> None:
    text = "I want an income certificate. I need a flight ticket"
    flight = {"elsewhere": "elsewhere_flight"}
    await talk.say(text, key="en", parts=parts(text, INCOME, flight))
    assert talk.state.service == INCOME and "airsewa.gov.in" in talk.said[0].text


async def test_who_was_there_already_is_offered_a_grievance_too(talk: Talk) -> None:
    bank = {"elsewhere": "elsewhere_bank"}
    await talk.say("bank account blocked, whom do I ask", key="en", **bank)
    assert not talk.state.asked and not talk.buttons
    await talk.say("account blocked and nobody listens at the bank", key="en", **bank)
    assert "bank branch" in talk.text and said(talk, "grievance_offer")
    assert talk.state.asked == MEANT + GRIEVANCE


@pytest.mark.parametrize("key", KEYS)
async def test_a_sentence_of_danger_is_answered(talk: Talk, key: str) -> None:
    """Alone where nothing is asked for, else in front of what is."""
    text, danger = WIDOW[key], {"danger": "violence"}
    call = talk.form.catalogue.traits["danger"].labels["violence"].reply
    await talk.say(text, key=key, parts=parts(text, danger, "", "", key=key))
    assert call and talk.text == call[key[:2]]
    await talk.say(text, key=key, parts=parts(text, danger, "", LAND, key=key))
    assert talk.said[0].text == call[key[:2]] and talk.state.service == LAND


async def test_a_spoken_request_in_a_story_is_asked_about(talk: Talk) -> None:
    text = WIDOW["te"]
    unsure = {"intent": LAND, "kind": "route", "confidence": 0.85}
    await talk.say(text, key="te", spoken="te", parts=parts(text, "", "", unsure, key="te"))
    assert talk.state.asked == MEANT + LAND
    await talk.say("అవును", key="te", intent="affirm", kind="conversation")
    assert talk.state.service == LAND


@pytest.mark.parametrize("key", KEYS)
def test_words_show_anger_or_a_loss(talk: Talk, key: str) -> None:
    assert feeling(WIDOW[key], talk.form.settings) == "loss"
    assert feeling(ANGRY[key], talk.form.settings) == "anger"


@pytest.mark.parametrize(
    "text",
    ["death certificate kavali", "మరణ ధ్రువపత్రం", "मृत्यु प्रमाण पत्र चाहिए", "my bill", "పోయిన నెల బిల్లు"],
)
def test_ordinary_words_show_neither(talk: Talk, text: str) -> None:
    assert feeling(text, talk.form.settings) is None
