"""What has always the same reply: about Seva, small talk, and what is done elsewhere."""

from __future__ import annotations

import pytest
import regex

from tests.dialogue.talk import Talk

INCOME = {"intent": "income_certificate", "kind": "route"}
KEYS = {
    "te": ("పాస్‌పోర్ట్ కావాలి", "నువ్వు రోబోవా"),
    "te-Latn": ("passport kavali", "nuvvu robo va"),
    "hi": ("पासपोर्ट चाहिए", "क्या तुम रोबोट हो"),
    "hi-Latn": ("passport chahiye", "kya tum robot ho"),
    "en": ("I want a passport", "are you a robot"),
}


def reply(talk: Talk, intent: str, key: str) -> str:
    words = talk.form.catalogue.conversation[intent].reply
    assert words is not None
    return words[key.partition("-")[0]]


@pytest.mark.parametrize("key", KEYS)
async def test_who_asks_for_what_is_done_elsewhere_is_told_where(talk: Talk, key: str) -> None:
    where = {"intent": "elsewhere_bank", "elsewhere": "elsewhere_bank"}
    await talk.say(KEYS[key][0], key=key, kind="out_of_scope", **where)
    assert talk.text == reply(talk, "elsewhere_bank", key)
    assert "cms.rbi.org.in" in talk.text


@pytest.mark.parametrize("key", KEYS)
async def test_a_question_about_seva_is_answered(talk: Talk, key: str) -> None:
    robot = {"intent": "seva_are_you_a_robot", "kind": "conversation"}
    await talk.say(KEYS[key][1], key=key, **robot)
    assert talk.text == reply(talk, "seva_are_you_a_robot", key)


@pytest.mark.parametrize("key", KEYS)
async def test_a_form_goes_on_after_it(talk: Talk, key: str) -> None:
    bill = {"intent": "electricity_bill_view", "kind": "route"}
    await talk.say("my bill", key=key, **bill)
    question = talk.said[-1].text
    why = {"intent": "seva_is_it_safe", "kind": "conversation", "confidence": 0.95}
    await talk.say("is it safe", key=key, **why)
    assert reply(talk, "seva_is_it_safe", key) in talk.text and question in talk.text
    assert talk.state.asked == "service_number"


async def test_what_answers_the_form_is_no_talk(talk: Talk) -> None:
    """A purpose is "loan", and that is no question about loans."""
    await talk.say("income certificate for Ravi Kumar", **INCOME)
    await talk.say("Ravi Kumar", key="en")
    loan = {"intent": "elsewhere_loan", "elsewhere": "elsewhere_loan", "confidence": 0.99}
    await talk.say("for a loan", kind="out_of_scope", **loan)
    assert reply(talk, "elsewhere_loan", "en") not in talk.text
    assert talk.state.values["purpose"]


async def test_a_menu_in_a_form_leaves_it_open(talk: Talk) -> None:
    await talk.say("my bill", intent="electricity_bill_view", kind="route")
    for word in ("menu", "మెనూ", "मेन्यू", "main menu dikhao", "menu kavali andi"):
        await talk.say(word, key="en")
        assert talk.state.asked == "service_number", word
        assert any('"topic"' in button.payload for button in talk.buttons), word


WHERE = regex.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)*\.(?:in|com)\b|\b1\d{2,}[\d-]*")
"""A portal, or a helpline: all begin with 1."""
OFFICES = {"other_state"}
"""Done by an office that no portal of ours names."""


def test_every_reply_about_elsewhere_names_the_same_portals_and_helplines(talk: Talk) -> None:
    """In each language; what has none names an office."""
    elsewhere = [i for i, one in talk.form.catalogue.conversation.items() if one.elsewhere]
    assert elsewhere
    without = set()
    for intent in elsewhere:
        words = talk.form.catalogue.conversation[intent].reply
        assert words is not None
        named = {language: set(WHERE.findall(text)) for language, text in words.items()}
        assert named["te"] == named["hi"] == named["en"], (intent, named)
        if not named["en"]:
            without.add(intent.removeprefix("elsewhere_"))
    assert without == OFFICES
