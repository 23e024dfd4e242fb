"""In the middle of a form: cancel, help, a person, another language, another service."""

from __future__ import annotations

import pytest

from actions.departments import OperationResult
from actions.dialogue.state import CONFIRM
from tests.dialogue.talk import Talk

BILL = {"intent": "electricity_bill_view", "kind": "route"}
PAY = {"intent": "electricity_bill_payment", "kind": "route"}
KEYS = ("te", "te-Latn", "hi", "hi-Latn", "en")
WORDS = {
    "cancel": ("ఆపండి చాలు", "vaddu aapeyandi", "रहने दो", "rehne do bhai", "stop it"),
    "talk_to_person": (
        "మనిషితో మాట్లాడాలి",
        "manishi tho matladali",
        "किसी से बात करनी है",
        "kisi se baat karni hai",
        "talk to a person",
    ),
    "help": ("సహాయం కావాలి", "help kavali naku", "मदद चाहिए", "madad chahiye ji", "please help me"),
    "greet": ("నమస్కారం అండి", "namaskaram andi", "नमस्ते जी", "suprabhat", "good morning"),
    "thanks": ("ధన్యవాదాలు", "thanks andi", "मेहरबानी", "shukriya", "thank you"),
}
COURTESIES = [(intent, *row) for intent in ("greet", "thanks") for row in zip(KEYS, WORDS[intent])]


def rows(intent: str) -> list[tuple[str, str]]:
    """(key, words) of one intent."""
    return list(zip(KEYS, WORDS[intent]))


def language_of(key: str) -> str:
    """te, hi or en."""
    return key.split("-")[0]


@pytest.mark.parametrize(("key", "words"), rows("cancel"))
async def test_cancel_ends_the_form(talk: Talk, key: str, words: str) -> None:
    """In the language it was said in, and nothing is kept."""
    await talk.say("my bill", key=key, **BILL)
    await talk.say(words, key=key, intent="cancel", kind="conversation")
    assert talk.text == talk.form.catalogue.phrases["cancelled"][language_of(key)]
    assert talk.state.service is None and talk.state.values == {} and not talk.open
    assert talk.department.calls == []


async def test_a_sign_cancels(talk: Talk) -> None:
    """A cross is as good as a word."""
    await talk.say("my bill", **BILL)
    await talk.say("❌", intent="cancel", kind="conversation")
    assert talk.text == talk.form.catalogue.phrases["cancelled"]["en"] and not talk.open


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("heard", ["small_talk_insult", "elsewhere_bank"])
async def test_a_word_aside_is_answered_in_its_own_language(
    talk: Talk, key: str, heard: str
) -> None:
    """Also where it is the first in that language: no bubble speaks two."""
    before = "hi" if language_of(key) == "te" else "te"
    await talk.say("my bill", key=before, **BILL)
    elsewhere = {"elsewhere": heard, "kind": "out_of_scope"}
    aside = {"intent": heard, "kind": "conversation"} if "talk" in heard else elsewhere
    await talk.say("said aside, in several words", key=key, **aside)
    own = talk.form.catalogue.conversation[heard].reply
    assert own is not None and own[language_of(key)] in talk.text
    assert talk.state.language == language_of(key) and talk.state.service is not None


@pytest.mark.parametrize(("key", "words"), rows("cancel"))
async def test_cancel_at_the_confirmation(talk: Talk, key: str, words: str) -> None:
    """Also in the last moment."""
    await talk.say("pay 6123401005678", key=key, **PAY)
    await talk.say(words, key=key, intent="cancel", kind="conversation")
    assert [call[0] for call in talk.department.calls] == ["getBill"]
    assert not talk.open


@pytest.mark.parametrize(("key", "words"), rows("talk_to_person"))
async def test_person_gets_the_helpline_and_the_form_stays(
    talk: Talk, key: str, words: str
) -> None:
    """The department's own number, then the question again."""
    await talk.say("my bill", key=key, **BILL)
    question = talk.said[-1].text
    await talk.say(words, key=key, intent="talk_to_person", kind="conversation")
    assert "1912" in talk.said[0].text
    assert talk.said[1].text == question
    assert talk.state.asked == "service_number"


@pytest.mark.parametrize(("key", "words"), rows("help"))
async def test_help_in_a_form_repeats_the_question(talk: Talk, key: str, words: str) -> None:
    """With how to get out of it."""
    await talk.say("my bill", key=key, **BILL)
    question = talk.said[-1].text
    await talk.say(words, key=key, intent="help", kind="conversation")
    assert talk.said[0].text == talk.form.catalogue.phrases["cancel_hint"][language_of(key)]
    assert talk.said[1].text == question


CRIES = [
    ("te", "మదద్ కరియే సార్"),
    ("te-Latn", "madad cheyyara sir"),
    ("hi", "मदद करिए सर"),
    ("hi-Latn", "madad kariye sir"),
    ("en", "madad karo sir"),
]


@pytest.mark.parametrize("intent", ["help", "talk_to_person"])
@pytest.mark.parametrize(("key", "words"), CRIES)
async def test_who_asks_for_help_names_no_town(
    talk: Talk, intent: str, key: str, words: str
) -> None:
    """ "madad kariye sir" was taken for the town Madakasira, which sounds alike, and the citizen
    said yes without reading. Where the model is not sure it may still be one."""
    drain = {"intent": "drainage_complaint", "kind": "route"}
    await talk.say("the drain overflows", key=key, **drain)
    assert talk.state.asked == "ulb_name"
    await talk.say(words, key=key, intent=intent, kind="conversation", confidence=0.95)
    assert (talk.state.asked, talk.state.values) == ("ulb_name", {})
    await talk.say("Madakasira", key=key, intent=intent, kind="conversation", confidence=0.7)
    assert talk.state.values == {"ulb_name": "madakasira"}


@pytest.mark.parametrize(("intent", "key", "words"), COURTESIES)
@pytest.mark.parametrize("begin", ["my bill", "pay 6123401005678"])
async def test_courtesy_is_no_attempt_at_an_answer(
    talk: Talk, begin: str, intent: str, key: str, words: str
) -> None:
    """Three thanks in a row ended a request that waited for its yes."""
    await talk.say(begin, key=key, **(PAY if "pay" in begin else BILL))
    question, asked = talk.said[-1].text, talk.state.asked
    for _ in range(talk.form.settings.max_attempts + 1):
        await talk.say(words, key=key, intent=intent, kind="conversation")
        assert (talk.text, talk.state.asked) == (question, asked)
    assert len(talk.department.calls) == ("pay" in begin)


@pytest.mark.parametrize(("intent", "key", "words"), COURTESIES)
async def test_courtesy_is_no_place(talk: Talk, intent: str, key: str, words: str) -> None:
    """ "नमस्ते जी" was taken down as the place where the line is broken. Whoever says the same words
    again means them."""
    fault = {"intent": "electricity_transformer_failure", "kind": "route"}
    await talk.say("transformer burnt", key=key, **fault)
    await talk.say(words, key=key, intent=intent, kind="conversation")
    assert (talk.state.asked, talk.state.values) == ("location", {})
    await talk.say(words, key=key, intent=intent, kind="conversation")
    assert words.startswith(talk.state.values["location"])  # without "andi"


async def test_name_that_sounds_like_a_greeting_is_a_name(talk: Talk) -> None:
    await talk.say("donate a meal", key="en", intent="anna_canteen_donate", kind="route")
    await talk.say("Vandana", key="en", intent="greet", kind="conversation")
    assert talk.state.values["donor_name"] == "Vandana"


@pytest.mark.parametrize(
    ("key", "words", "chosen"),
    [
        ("te", "హిందీలో చెప్పండి", "hi"),
        ("te", "ఇంగ్లీష్ లో మాట్లాడండి", "en"),
        ("te-Latn", "english lo cheppandi", "en"),
        ("hi", "तेलुगु में बात करो", "te"),
        ("hi-Latn", "angrezi mein boliye", "en"),
        ("en", "speak in Telugu", "te"),
        ("en", "hindi please", "hi"),
    ],
)
async def test_language_change_keeps_the_form(
    talk: Talk, key: str, words: str, chosen: str
) -> None:
    """The same question in the new language, and what was told is still there."""
    bus = {"intent": "rtc_ticket_booking", "kind": "route"}
    await talk.say("bus from Vijayawada", key=key, **bus)
    values, asked, nonce = talk.state.values, talk.state.asked, talk.state.nonce
    await talk.say(words, key=key, intent="change_language", kind="conversation")
    assert talk.said[0].text == talk.form.catalogue.phrases["language_changed"][chosen]
    assert (talk.state.values, talk.state.asked, talk.state.nonce) == (values, asked, nonce)
    service = talk.form.catalogue.services["rtc_ticket_booking"]
    slot = next(s for s in service.slots if s.name == asked)
    assert talk.said[1].text == slot.ask[chosen]
    assert talk.state.language_fixed


async def test_language_not_named_is_asked_and_tapped(talk: Talk) -> None:
    """Three buttons, each in its own script; the tap keeps the form too."""
    await talk.say("my bill", key="en", **BILL)
    await talk.say("change language", key="en", intent="change_language", kind="conversation")
    assert [b.title for b in talk.said[0].buttons] == ["తెలుగు", "हिन्दी", "English"]
    await talk.tap('"te"')
    assert talk.state.language == "te" and talk.state.asked == "service_number"


async def test_language_chosen_by_name_stays_until_another_is(talk: Talk) -> None:
    """Someone who asked for Hindi and goes on in English or Telugu still gets Hindi."""
    await talk.say("हिंदी में", key="hi", intent="change_language", kind="conversation")
    await talk.say("show my electricity bill please", key="en", **BILL)
    assert talk.state.language == "hi"
    await talk.say("కరెంటు బిల్లు ఎంత", key="te", **BILL)
    assert talk.state.language == "hi"
    await talk.say("తెలుగులో చెప్పండి", key="te", intent="change_language", kind="conversation")
    assert talk.state.language == "te"


@pytest.mark.parametrize(
    ("key", "number"), [("en", "6123401005678"), ("hi", "६१२३४०१००५६७८"), ("te", "౬౧౨౩౪౦౧౦౦౫౬౭౮")]
)
async def test_digits_never_change_the_language(talk: Talk, key: str, number: str) -> None:
    """A number says nothing about the language, in whatever digits."""
    await talk.say("మా కరెంటు బిల్లు", key="te", **BILL)
    await talk.say(number, key=key, sure=0.0)
    assert talk.department.calls[-1][3] == "te"


async def test_answer_that_fits_is_an_answer(talk: Talk) -> None:
    """Even when the classifier takes the number for another service."""
    other = {"intent": "rtc_ticket_booking", "kind": "route", "confidence": 0.99}
    await talk.say("my bill", key="en", **BILL)
    await talk.say("my number is 6123401005678", key="en", **other)
    assert [call[0] for call in talk.department.calls] == ["getBill"]


@pytest.mark.parametrize(
    ("name", "understood"),
    [
        ("Lakshmi", {"intent": "greet", "kind": "conversation", "confidence": 0.99}),
        ("సాయి తేజ", {"intent": "temple_information", "kind": "route", "confidence": 0.99}),
        ("Anna", {"intent": "anna_canteen_locations", "kind": "route", "confidence": 0.99}),
        ("Bill", {"intent": "electricity_bill_view", "kind": "route", "confidence": 0.99}),
        ("राम", {"intent": "affirm", "kind": "conversation", "confidence": 0.99}),
        ("Chalapathi", {"intent": "cancel", "kind": "conversation", "confidence": 0.99}),
        (
            "Sri Venkateswara Rao",
            {"intent": "temple_information", "kind": "route", "confidence": 0.85},
        ),
    ],
)
async def test_names_are_not_taken_for_services(
    talk: Talk, name: str, understood: dict[str, object]
) -> None:
    """Where any words can be the answer, only a clear and longer sentence leads elsewhere."""
    await talk.say("income certificate", key="en", intent="income_certificate", kind="route")
    assert talk.state.asked == "applicant_name"
    await talk.say(name, key="en", **understood)
    assert talk.state.values == {"applicant_name": name}
    assert talk.state.asked == "aadhaar_number"


async def test_cancel_works_where_any_words_fit(talk: Talk) -> None:
    """A sure "stop" is never somebody's name."""
    await talk.say("income certificate", key="en", intent="income_certificate", kind="route")
    await talk.say("stop", key="en", intent="cancel", kind="conversation", confidence=0.9)
    assert not talk.open and talk.state.service is None


async def test_name_in_another_script_keeps_the_language(talk: Talk) -> None:
    """A Telugu name in an English conversation is only a name."""
    await talk.say("income certificate", key="en", intent="income_certificate", kind="route")
    await talk.say("రవి కుమార్", key="te")
    assert talk.state.language == "en"


async def test_tapped_service_in_a_form_starts_it(talk: Talk) -> None:
    """From a menu further up in the chat."""
    await talk.say("hello there", key="en", intent="greet", kind="conversation")
    await talk.tap('"bills"')
    rows = talk.buttons
    await talk.tap('"electricity_bill_view"', rows)
    assert talk.state.asked == "service_number"
    await talk.tap('"electricity_bill_payment"', rows)
    assert talk.state.service == "electricity_bill_payment" and talk.open


async def test_tapped_menu_in_a_form_leaves_it(talk: Talk) -> None:
    """Who looks at another department is done with this one."""
    await talk.say("hello there", key="en", intent="greet", kind="conversation")
    rows = talk.buttons
    await talk.say("my bill", key="en", **BILL)
    await talk.tap('"travel"', rows)
    assert not talk.open and talk.state.service is None
    assert any("rtc_ticket_booking" in b.payload for b in talk.buttons)


DOWN = OperationResult("unavailable", reason="timeout")


@pytest.mark.parametrize("way", ["button", "retry", "మళ్ళీ", "फिर से", "Phir se", "malli"])
async def test_retry_keeps_the_request(talk: Talk, way: str) -> None:
    """The same request id, hence the same Idempotency-Key: a write that did happen is not
    done twice."""
    talk.department.results["createDonation"] = [DOWN, OperationResult("ok")]
    await talk.say("I want to donate", key="en", intent="anna_canteen_donate", kind="route")
    for answer in ("Ravi Kumar", "500", "9848012345"):
        await talk.say(answer, key="en", sure=0.0)
    await talk.tap('"yes"')
    assert "Try again" in [b.title for b in talk.buttons]
    if way == "button":
        await talk.tap('"retry"')
    else:
        await talk.say(way, key="en", sure=0.0)
    first, second = talk.department.calls
    assert first == second and first[2]
    assert talk.state.service is None


async def test_retry_asks_for_a_confirmation_that_was_never_given(talk: Talk) -> None:
    """The look-up before the question failed, so nobody said yes yet.

    A tapped "try again" used to go straight to the payment.
    """
    talk.department.results["getBill"] = [DOWN, OperationResult("ok", {"amount": "845"})]
    await talk.say("pay 6123401005678", key="en", **PAY)
    assert not talk.open
    await talk.tap('"retry"')
    assert talk.state.asked == CONFIRM and "845" in talk.text
    assert [call[0] for call in talk.department.calls] == ["getBill", "getBill"]
    await talk.tap('"yes"')
    assert talk.department.calls[-1][0] == "payBill"


async def test_cancel_after_unavailable_drops_the_draft(talk: Talk) -> None:
    """Neither the button nor the word brings it back."""
    talk.department.results["getBill"] = [DOWN]
    await talk.say("bill 6123401005678", key="en", **BILL)
    retry = talk.buttons
    await talk.say("leave it", key="en", intent="cancel", kind="conversation")
    assert talk.text == talk.form.catalogue.phrases["cancelled"]["en"]
    await talk.tap('"retry"', retry)
    assert talk.text == talk.form.catalogue.phrases["old_button"]["en"]
    await talk.say("retry", key="en")
    assert len(talk.department.calls) == 1


async def test_retry_of_another_request_is_an_old_button(talk: Talk) -> None:
    """The draft belongs to its own nonce."""
    talk.department.results["getBill"] = [DOWN]
    await talk.say("bill 6123401005678", key="en", **BILL)
    old = talk.buttons
    await talk.say("bill 1123401000012", key="en", **BILL)
    await talk.tap('"retry"', old)
    assert len(talk.department.calls) == 2
    assert talk.text == talk.form.catalogue.phrases["old_button"]["en"]


@pytest.mark.parametrize(
    ("key", "words"),
    list(zip(KEYS, ("వద్దు ఆపండి", "vaddu, aapandi", "नहीं, रहने दो", "nahi, band karo", "no, stop"))),
)
async def test_cancel_is_never_a_place(talk: Talk, key: str, words: str) -> None:
    """Where the answer may be any words, and whatever the understanding makes of it."""
    power = {"intent": "electricity_supply_failure_complaint", "kind": "route"}
    await talk.say("no current 6123401005678", key=key, **power)
    assert talk.state.asked == "location"
    await talk.say(words, key=key, intent="pothole_complaint", kind="clarify", confidence=0.3)
    assert talk.text == talk.form.catalogue.phrases["cancelled"][language_of(key)]
    assert not talk.open and talk.department.calls == []
