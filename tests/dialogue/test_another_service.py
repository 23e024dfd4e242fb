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


@pytest.mark.parametrize("words", ["where is the canteen", "anna canteen"])
async def test_doubtful_words_do_not_replace_the_form(talk: Talk, words: str) -> None:
    """They count as an answer that does not fit."""
    canteen = {"intent": "anna_canteen_locations", "kind": "route", "confidence": 0.6}
    await talk.say("my bill", key="en", **BILL)
    await talk.say(words, key="en", **canteen)
    assert talk.state.service == "electricity_bill_view"
    assert talk.state.attempts == 1


@pytest.mark.parametrize("begin", ["my bill", "pay 6123401005678"])
@pytest.mark.parametrize(
    ("key", "words"),
    list(zip(KEYS, ("అన్న క్యాంటీన్", "anna canteen", "अन्ना कैंटीन", "anna kaintin", "anna canteen"))),
)
async def test_another_service_in_a_word_or_two_is_asked_about(
    talk: Talk, begin: str, key: str, words: str
) -> None:
    """It is no attempt at an answer: two such names and one again ended a request that waited for
    its yes, and handed it to a person."""
    canteen = {"intent": "anna_canteen_locations", "kind": "route", "confidence": 0.99}
    menu = {**canteen, "intent": "anna_canteen_menu"}
    await talk.say(begin, key=key, **(PAY if "pay" in begin else BILL))
    asked, values = talk.state.asked, talk.state.values
    for other in (canteen, menu, canteen, canteen):
        await talk.say(words, key=key, **other)
        assert (talk.state.attempts, talk.state.values) == (0, values)
        assert other["intent"] in (talk.state.asked or "")
    await talk.tap('"keep"')
    assert (talk.state.asked, talk.state.values) == (asked, values)


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
