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
    await talk.say("electricity bill", key=old, intent="electricity_bill_view", kind="route")
    await talk.say("12", key=None, sure=0.0)
    await switched(talk, old, new)
    retry = talk.form.catalogue.slot_types["electricity_service_number"].retry
    assert retry[new] in talk.text and retry[old] not in talk.text


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("తెలుగులో చెప్పండి", "te"),
        ("telugu lo matladandi", "te"),
        ("Please tell in English", "en"),
        ("naku english radu telugu lo cheppandi", "te"),
        ("हिंदी में बताइए", "hi"),
        ("hindi mein boliye", "hi"),
        ("मुझे तेलुगु नहीं हिंदी में बोलो", "hi"),
        ("English", "en"),
        ("switch to Telugu", "te"),
        ("I want Hindi not English", "hi"),
    ],
)
@pytest.mark.parametrize("inside", [False, True])
async def test_a_wish_is_known_whatever_the_understanding_says(
    talk: Talk, words: str, language: str, inside: bool
) -> None:
    """Also where any words may be the answer, and it stays until another is said."""
    talk.state = State(language="en" if language != "en" else "te")
    if inside:
        await talk.say("income certificate", key="en", intent="income_certificate", kind="route")
        assert talk.state.asked == "applicant_name"
    await talk.say(words, key="en", kind="out_of_scope")
    assert talk.state.language == language and talk.state.language_fixed
    assert talk.form.catalogue.phrases["language_changed"][language] in talk.text
    other = "te" if language != "te" else "hi"
    await talk.say("నా కరెంటు బిల్లు" if other == "te" else "मेरा बिजली का बिल", key=other, **BUS)
    assert talk.state.language == language


@pytest.mark.parametrize("words", ["Telugu Talli", "Hindi pandit certificate", "tell my name"])
async def test_what_says_more_is_no_wish(talk: Talk, words: str) -> None:
    """A name that holds a language's is a name."""
    talk.state = State(language="en")
    await talk.say("income certificate", key="en", intent="income_certificate", kind="route")
    await talk.say(words, key="en")
    assert not talk.state.language_fixed


@pytest.mark.parametrize(
    ("key", "words", "offered"),
    [
        ("en", "income certificate", True),
        ("en", "I want to apply for an income certificate for my son", False),
        ("te", "ఆదాయ ధ్రువపత్రం", False),
        ("te-Latn", "adaya dhruvapatram", False),
        ("hi", "आय प्रमाण पत्र", False),
        ("hi-Latn", "aay praman patra", False),
    ],
)
async def test_somebody_unknown_is_offered_another_language(
    talk: Talk, key: str, words: str, offered: bool
) -> None:
    """English words alone are said in every language. Once: then we know them."""
    await talk.say(words, key=key, intent="income_certificate", kind="route")
    offer = talk.form.catalogue.phrases["language_offer"]["en"]
    assert (talk.said[0].text == offer) is offered
    assert talk.state.language == key.split("-")[0]
    await talk.say("menu", key=key)
    assert offer not in talk.text


STEERS = {
    "help": ("సహాయం", "sahayam kavali", "मदद चाहिए", "madad karo", "help"),
    "language": ("భాష మార్చండి", "bhasha marchandi", "भाषा बदलो", "bhasha badlo", "language"),
    "person": (
        *("మనిషితో మాట్లాడాలి", "manishi tho matladali", "किसी से बात करनी है"),
        *("kisi se baat karni hai", "talk to a person"),
    ),
}


@pytest.mark.parametrize(("meaning", "at"), [(m, at) for m in STEERS for at in range(len(KEYS))])
@pytest.mark.parametrize("inside", [False, True])
async def test_words_that_steer_work_anywhere(
    talk: Talk, meaning: str, at: int, inside: bool
) -> None:
    """Also where any words may be the answer, and whatever the understanding says."""
    key = KEYS[at]
    talk.state = State(language=key.split("-")[0])
    if inside:
        await talk.say("income", key=key, intent="income_certificate", kind="route")
    await talk.say(STEERS[meaning][at], key=key)
    phrases, language = talk.form.catalogue.phrases, talk.state.language
    said = {
        "help": phrases["cancel_hint" if inside else "help"][language],
        "language": phrases["language_prompt"][language],
        "person": phrases["talk_to_person"][language].split("{")[0],
    }
    assert said[meaning] in talk.text and talk.state.values == {}
    assert talk.open is inside
