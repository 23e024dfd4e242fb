"""A change of language in the middle: questions and accepted answers both change, for all pairs."""

from __future__ import annotations

import itertools

import pytest

from actions.departments import OperationResult
from actions.dialogue.state import CONFIRM, State
from tests.dialogue.talk import Talk

LANGUAGES = ("te", "hi", "en")
PAIRS = list(itertools.permutations(LANGUAGES, 2))
KEYS = ("te", "te-Latn", "hi", "hi-Latn", "en")
BUS = {"intent": "rtc_ticket_booking", "kind": "route"}
DARSHAN = {"intent": "temple_darshan_booking", "kind": "route"}
PAY = {"intent": "electricity_bill_payment", "kind": "route"}
NAMED = {  # asks for the language, as somebody says it who spoke another one
    "te": {"hi": "हिंदी में बोलिए", "en": "ఇంగ్లీష్ లో చెప్పండి"},
    "hi": {"te": "తెలుగులో చెప్పండి", "en": "अंग्रेज़ी में बोलिए"},
    "en": {"te": "speak in Telugu", "hi": "speak in Hindi"},
}
ANSWERS = {  # to the same questions, in each key
    "te": ["విజయవాడ నుంచి", "తిరుపతి", "రేపు", "ఇద్దరికి", "౯౮౪౮౦౧౨౩౪౫"],
    "te-Latn": ["vijayawada nunchi", "tirupati ki", "repu", "iddariki", "9848012345"],
    "hi": ["विजयवाड़ा से", "तिरुपति", "कल", "दो लोग", "९८४८०१२३४५"],
    "hi-Latn": ["vijayawada se", "tirupati", "kal", "do log", "9848012345"],
    "en": ["from Vijayawada", "Tirupati", "tomorrow", "two people", "98480 12345"],
}
FILLED = {
    "from_stop": "vijayawada",
    "to_stop": "tirupati",
    "travel_date": "2026-11-26",
    "passenger_count": "2",
    "mobile_number": "9848012345",
}


async def switched(talk: Talk, old: str, new: str) -> None:
    words = {"te": {"hi": "హిందీలో చెప్పండి"}}.get(old, {}).get(new) or NAMED[old][new]
    await talk.say(words, key=old, intent="change_language", kind="conversation")
    assert talk.state.language == new and talk.state.language_fixed


def question(talk: Talk) -> str:
    slot = talk.form.asked_slot(talk.state)
    assert slot is not None
    return (slot.ask or slot.type.ask)[talk.state.language]


@pytest.mark.parametrize(("old", "new"), PAIRS)
@pytest.mark.parametrize("at", range(5))
async def test_the_question_changes_with_the_language(
    talk: Talk, old: str, new: str, at: int
) -> None:
    """At any question; what was told stays, and the rest is answered in the new language."""
    talk.state = State(language=old)
    await talk.say("bus", key=old, **BUS)
    for answer in ANSWERS[old][:at]:
        await talk.say(answer, key=old)
    before = talk.state.values
    await switched(talk, old, new)
    assert talk.state.values == before and question(talk) in talk.text
    for answer in ANSWERS[new][at:]:
        assert question(talk) in talk.text
        await talk.say(answer, key=new)
    assert talk.state.asked == CONFIRM and talk.state.values == FILLED
    prompt = talk.form.catalogue.phrases["confirm_prompt"][new]
    assert prompt.split("{")[0].strip() in talk.text


@pytest.mark.parametrize(("old", "new"), PAIRS)
@pytest.mark.parametrize("key", KEYS)
async def test_answers_of_every_key_are_taken_in_any_language(
    talk: Talk, old: str, new: str, key: str
) -> None:
    """Who changed the language may still count, or name a town, in another."""
    talk.state = State(language=old)
    await talk.say("bus", key=old, **BUS)
    await switched(talk, old, new)
    for answer in ANSWERS[key]:
        await talk.say(answer, key=key)
    assert talk.state.values == FILLED


@pytest.mark.parametrize(("old", "new"), PAIRS)
async def test_choices_change_with_the_language(talk: Talk, old: str, new: str) -> None:
    """Titles are those of the new language; a tap on an old row counts, and so do its words."""
    talk.state = State(language=old)
    await talk.say("darshan at Srisailam", key=old, **DARSHAN)
    offered = talk.buttons
    await switched(talk, old, new)
    choices = talk.form.catalogue.slot_types["darshan_type"].choices
    assert [b.title for b in talk.buttons][:2] == [c.title[new] for c in choices]
    await talk.tap('"special"', offered)
    assert talk.state.values["darshan_type"] == "special"
    await talk.say("back", key="en")
    assert talk.state.asked == "darshan_type"
    await talk.say(choices[0].title[old], key=old)
    assert talk.state.values["darshan_type"] == "free"


@pytest.mark.parametrize(("old", "new"), PAIRS)
@pytest.mark.parametrize(
    ("phrase", "asked"),
    [("confirm_yes", None), ("confirm_no", None), ("change_button", "change")],
)
async def test_buttons_of_the_old_language_typed_as_words(
    talk: Talk, old: str, new: str, phrase: str, asked: str | None
) -> None:
    """On the card: the title does what its button does, whatever the understanding makes of it."""
    talk.state = State(language=old)
    talk.department.results["getBill"] = [OperationResult("ok", {"amount": "845"})]
    await talk.say("pay 6123401005678", key=old, **PAY)
    await switched(talk, old, new)
    await talk.say(talk.form.catalogue.phrases[phrase][old], key=old)
    done = [call[0] for call in talk.department.calls]
    assert ("payBill" in done) == (phrase == "confirm_yes")
    assert talk.state.asked == asked


@pytest.mark.parametrize(("old", "new"), PAIRS)
async def test_the_way_back_typed_in_the_old_language(talk: Talk, old: str, new: str) -> None:
    """And skipping, where that is offered."""
    talk.state = State(language=old)
    await talk.say("bus complaint", key=old, intent="rtc_complaint", kind="route")
    await talk.say("Guntur to Tenali bus", key="en", sure=0.0)
    await switched(talk, old, new)
    assert talk.state.asked == "bus_service_number"
    await talk.say(talk.form.catalogue.phrases["skip_button"][old], key=old)
    assert talk.state.asked == "travel_date"
    await talk.say(talk.form.catalogue.phrases["back"][old], key=old)
    assert talk.state.asked == "bus_service_number"


@pytest.mark.parametrize(("old", "new"), PAIRS)
async def test_the_card_changes_with_the_language(talk: Talk, old: str, new: str) -> None:
    """Places and choices on it too; a tap on the old card counts."""
    talk.state = State(language=old)
    await talk.say("bus", key=old, **BUS)
    for answer in ANSWERS[old]:
        await talk.say(answer, key=old)
    card = talk.buttons
    await switched(talk, old, new)
    places = talk.form.catalogue.gazetteers["bus_stations"].places
    title = next(p.title[new] for p in places if p.value == "vijayawada")
    assert f"*{title}*" in talk.text
    await talk.tap('"yes"', card)
    assert talk.department.calls[-1][0] == "bookTicket"


@pytest.mark.parametrize(("old", "new"), PAIRS)
async def test_a_retry_is_in_the_new_language(talk: Talk, old: str, new: str) -> None:
    """Also the example."""
    talk.state = State(language=old)
    await talk.say("bill", key=old, intent="electricity_bill_view", kind="route")
    await talk.say("12", key=None, sure=0.0)
    await switched(talk, old, new)
    retry = talk.form.catalogue.slot_types["electricity_service_number"].retry
    assert retry[new] in talk.text and retry[old] not in talk.text
