"""Somebody in danger reads whom to call, before everything else; a form that is open waits."""

from __future__ import annotations

import pytest

from actions.dialogue import cues, turns
from actions.dialogue.form import Form
from actions.dialogue.state import State
from nlu.slots.words import words
from tests.dialogue.talk import Talk, heard

INCOME = {"intent": "income_certificate", "kind": "route"}
SAID = {
    "te": ("మా ఆయన కొడుతున్నాడు", "violence"),
    "te-Latn": ("current wire tegi padindi", "live_wire"),
    "hi": ("मैं मरना चाहता हूँ", "suicide"),
    "hi-Latn": ("ghar me aag lag gayi", "fire"),
    "en": ("I told the OTP to a caller", "fraud"),
}
NUMBERS = {
    "violence": "181",
    "live_wire": "1912",
    "suicide": "14416",
    "fire": "101",
    "fraud": "1930",
    "child": "1098",
    "medical": "108",
    "flood": "112",
}


@pytest.mark.parametrize("key", SAID)
async def test_the_number_is_said_and_nothing_else(talk: Talk, key: str) -> None:
    """Whatever service the words sound like."""
    text, kind = SAID[key]
    await talk.say(text, key=key, danger=kind, **INCOME)
    reply = talk.form.catalogue.traits["danger"].labels[kind].reply
    assert reply and talk.text == reply[key.partition("-")[0]]
    assert NUMBERS[kind] in talk.text
    assert not talk.buttons and not talk.open


@pytest.mark.parametrize("key", SAID)
async def test_a_form_is_kept(talk: Talk, key: str) -> None:
    await talk.say("income certificate", key=key, **INCOME)
    text, kind = SAID[key]
    await talk.say(text, key=key, danger=kind)
    assert NUMBERS[kind] in talk.text
    assert talk.state.asked == "applicant_name" and talk.state.values == {}
    await talk.say("సాయి తేజ" if key == "te" else "Sai Teja", key=key)
    assert talk.state.values["applicant_name"]


async def test_every_kind_has_its_number_in_every_language(talk: Talk) -> None:
    labels = talk.form.catalogue.traits["danger"].labels
    assert set(labels) == set(NUMBERS)
    for kind, number in NUMBERS.items():
        reply = labels[kind].reply
        assert reply is not None
        for language in talk.form.catalogue.languages.reply:
            assert number in reply[language]


@pytest.mark.parametrize("key", SAID)
async def test_in_doubt_the_number_comes_first_and_the_form_goes_on(talk: Talk, key: str) -> None:
    """A wrong alarm costs one bubble, and the words are what they would be without it."""
    await talk.say("income certificate", key=key, **INCOME)
    name = "సాయి తేజ" if key == "te" else "Sai Teja"
    await talk.say(name, key=key, danger="fire", in_doubt=True)
    assert "112" in talk.said[0].text and len(talk.said) > 1
    assert talk.state.values["applicant_name"] == name


async def test_a_tap_is_no_cry_for_help(talk: Talk) -> None:
    await talk.say("income certificate or another", kind="clarify", danger=None)
    assert talk.text


def test_words_that_steer_are_no_danger(form: Form) -> None:
    """Alone, whatever a model thinks of "stop": each goes where it steers to."""
    state = State("en")
    call = form.whom_to_call(state, "violence")
    wrong = [
        word  # emoji aside
        for some in form.settings.words.values()
        for word in some
        if words(word)
        and call in turns.understood(form, state, heard(word, danger="violence")).replies
    ]
    assert not wrong


def test_no_sentence_of_danger_only_steers(form: Form) -> None:
    """As written or by its sound: whoever says it would read a menu in place of whom to call."""
    labels = form.catalogue.traits["danger"].labels.values()
    said = [text for label in labels for rows in label.utterances.values() for text in rows]
    assert len(said) > 1000
    assert [text for text in said if cues.command(text, form.settings)] == []


REPORTED = {
    "te": "మా ఆయన రోజూ కొడుతున్నాడు",
    "te-Latn": "maa aayana roju kodutunnadu",
    "hi": "मेरा पति रोज़ मारता है",
    "hi-Latn": "mera pati roz maarta hai",
    "en": "my husband beats me every day",
}


@pytest.mark.parametrize(("key", "text"), REPORTED.items())
async def test_where_danger_is_reported_the_report_goes_on(talk: Talk, key: str, text: str) -> None:
    """The number comes first, and what was told is not lost: it is what the form asks about."""
    await talk.say("to the women's police", key=key, intent="women_safety_help", kind="route")
    await talk.say("Guntur", key=key)
    assert talk.state.asked == "grievance_text"
    await talk.say(text, key=key, danger="violence")
    assert NUMBERS["violence"] in talk.said[0].text
    assert talk.state.values["grievance_text"] == text and len(talk.said) > 1


TOILETS = {
    "te": "ఆడపిల్లల టాయిలెట్లకి తలుపు లేదు, నీళ్ళు కూడా రావట్లేదు",
    "te-Latn": "ammayila toilet ki talupu ledu, neellu kuda ravatledu",
    "hi": "लड़कियों के शौचालय में दरवाज़ा नहीं है और पानी भी नहीं आता",
    "hi-Latn": "ladkiyon ke toilet me darwaza nahi hai aur paani bhi nahi aata",
    "en": "The girls' toilet has no door and there is no water either",
}


@pytest.mark.parametrize("service", ["school_infrastructure_complaint", "other"])
@pytest.mark.parametrize(("key", "text"), TOILETS.items())
async def test_what_a_complaint_is_about_is_kept_beside_the_number(
    talk: Talk, key: str, text: str, service: str
) -> None:
    """It was lost: the number was said, and the form asked nothing. Words that do not sound like
    the service are no answer of it."""
    complaint = "school_infrastructure_complaint"
    await talk.say("about the school", key=key, intent=complaint, kind="route")
    for answer in ("Z.P. High School", "Guntur", "Kolakaluru"):
        await talk.say(answer, key=key)
    assert talk.state.asked == "grievance_text"
    await talk.say(text, key=key, intent=service, kind="clarify", danger="medical")
    assert NUMBERS["medical"] in talk.said[0].text
    is_kept = service == complaint
    assert (talk.state.values.get("grievance_text") == text) is is_kept
    assert (len(talk.said) > 1) is is_kept
