"""Another service named in the middle of a form: started, asked about, or taken for the answer."""

from __future__ import annotations

import pytest

from actions.dialogue.state import CONFIRM
from tests.dialogue.talk import Talk

BILL = {"intent": "electricity_bill_view", "kind": "route"}
PAY = {"intent": "electricity_bill_payment", "kind": "route"}
KEYS = ("te", "te-Latn", "hi", "hi-Latn", "en")


def language_of(key: str) -> str:
    """te, hi or en."""
    return key.split("-")[0]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("te", "విజయవాడలో అన్న క్యాంటీన్ ఎక్కడుంది"),
        ("te-Latn", "vijayawada lo anna canteen ekkada undi"),
        ("hi", "विजयवाड़ा में अन्ना कैंटीन कहाँ है"),
        ("hi-Latn", "vijayawada mein anna canteen kahan hai"),
        ("en", "where is an anna canteen in Vijayawada"),
    ],
)
async def test_another_service_replaces_the_form(talk: Talk, key: str, words: str) -> None:
    """With what the new sentence already tells."""
    await talk.say("my bill", key=key, **BILL)
    await talk.say(words, key=key, intent="anna_canteen_locations", kind="route")
    [(operation, values, _, language)] = talk.department.calls
    assert (operation, values) == ("listCanteens", {"location": "vijayawada"})
    assert language == language_of(key)


@pytest.mark.parametrize(
    ("words", "confidence"), [("where is the canteen", 0.6), ("not remembered", 0.95)]
)
async def test_doubtful_words_do_not_replace_the_form(
    talk: Talk, words: str, confidence: float
) -> None:
    """They count as an answer that does not fit."""
    canteen = {"intent": "anna_canteen_locations", "kind": "route", "confidence": confidence}
    await talk.say("my bill", key="en", **BILL)
    await talk.say(words, key="en", **canteen)
    assert talk.state.service == "electricity_bill_view"
    assert talk.state.attempts == 1


SHORT = [
    ("te", "అన్న క్యాంటీన్", "క్యాంటీన్ మెనూ"),
    ("te-Latn", "anna canteen", "canteen menu"),
    ("hi", "अन्ना कैंटीन", "कैंटीन मेन्यू"),
    ("hi-Latn", "anna kaintin", "kaintin menu"),
    ("en", "anna canteen", "canteen menu"),
]
PLACES = {"intent": "anna_canteen_locations", "kind": "route", "confidence": 0.99}
MENU = {**PLACES, "intent": "anna_canteen_menu"}


@pytest.mark.parametrize("begin", ["my bill", "pay 6123401005678"])
@pytest.mark.parametrize(("key", "places", "menu"), SHORT)
async def test_another_service_in_a_word_or_two_is_asked_about(
    talk: Talk, begin: str, key: str, places: str, menu: str
) -> None:
    """It is no attempt at an answer: two such names and one again ended a request that waited for
    its yes, and handed it to a person."""
    await talk.say(begin, key=key, **(PAY if "pay" in begin else BILL))
    asked, values = talk.state.asked, talk.state.values
    for words, meant in ((places, PLACES), (menu, MENU), (places, PLACES), (menu, MENU)):
        await talk.say(words, key=key, **meant)
        assert (talk.state.attempts, talk.state.values) == (0, values)
        assert meant["intent"] in (talk.state.asked or "")
    await talk.tap('"keep"')
    assert (talk.state.asked, talk.state.values) == (asked, values)


@pytest.mark.parametrize(("key", "places", "menu"), SHORT)
async def test_the_same_words_again_are_not_asked_about_for_ever(
    talk: Talk, key: str, places: str, menu: str
) -> None:
    """A person goes on with it, as after other answers that do not fit."""
    await talk.say("my bill", key=key, **BILL)
    for _ in range(talk.form.settings.max_attempts + 1):
        assert talk.open
        await talk.say(places, key=key, **PLACES)
    phrase = talk.form.catalogue.phrases["too_many_attempts"][language_of(key)]
    assert phrase in talk.text and not talk.open


OTHER = {"intent": "anna_canteen_locations", "kind": "route", "confidence": 0.97}
ELSEWHERE = [
    ("te", "విజయవాడలో అన్న క్యాంటీన్ ఎక్కడుంది", "అవును", "కాదు"),
    ("te-Latn", "vijayawada lo anna canteen ekkada undi", "avunu", "kaadu"),
    ("hi", "विजयवाड़ा में अन्ना कैंटीन कहाँ है", "हाँ", "नहीं"),
    ("hi-Latn", "vijayawada mein anna canteen kahan hai", "haan", "nahi"),
    ("en", "where is an anna canteen in Vijayawada", "yes", "no"),
]


async def at_an_address(talk: Talk, key: str) -> None:
    """A form that asks where: any words can be the answer."""
    outage = {"intent": "electricity_supply_failure_complaint", "kind": "route"}
    await talk.say("no power at 1123401000012", key=key, **outage)
    assert talk.state.asked == "location"


@pytest.mark.parametrize(("key", "words", "yes", "no"), ELSEWHERE)
@pytest.mark.parametrize("way", ["tapped", "typed", "repeated"])
async def test_words_that_may_be_both_are_asked_about(
    talk: Talk, key: str, words: str, yes: str, no: str, way: str
) -> None:
    """An address that sounds like another service: asked, and "no" makes it the answer."""
    await at_an_address(talk, key)
    await talk.say(words, key=key, **OTHER)
    phrase = talk.form.catalogue.phrases["switch_prompt"][language_of(key)]
    assert phrase.split("*")[0].strip() in talk.text and talk.state.values.get("location") is None
    if way == "tapped":
        await talk.tap('"keep"')
    elif way == "repeated":
        await talk.say(words, key=key, **OTHER)
    else:
        await talk.say(no, key=key, intent="deny", kind="conversation")
    assert words.startswith(talk.state.values["location"])  # without "hai"
    assert talk.state.asked == CONFIRM and talk.state.heard is None


@pytest.mark.parametrize(("key", "words", "yes", "no"), ELSEWHERE)
@pytest.mark.parametrize("way", ["tapped", "typed"])
async def test_other_service_that_was_meant_is_started(
    talk: Talk, key: str, words: str, yes: str, no: str, way: str
) -> None:
    """With what the sentence already told."""
    await at_an_address(talk, key)
    await talk.say(words, key=key, **OTHER)
    if way == "tapped":
        await talk.tap('"anna_canteen_locations"')
    else:
        await talk.say(yes, key=key, intent="affirm", kind="conversation")
    [(operation, values, *_)] = talk.department.calls
    assert (operation, values) == ("listCanteens", {"location": "vijayawada"})


async def test_other_words_after_the_question_answer_the_form(talk: Talk) -> None:
    """Who neither taps nor says yes or no has answered the first question."""
    await at_an_address(talk, "en")
    await talk.say("near the anna canteen road", key="en", **OTHER)
    await talk.say("Gandhi Nagar third lane", key="en", sure=0.0)
    assert talk.state.values["location"] == "Gandhi Nagar third lane"
    assert talk.state.asked == CONFIRM
