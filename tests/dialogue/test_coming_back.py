"""Hours later: told what was open, asked to go on, or told that it was dropped."""

from __future__ import annotations

import pytest

from actions.dialogue.form import Form
from actions.dialogue.state import CONFIRM, State
from tests.dialogue.talk import Talk

START = 1_800_000_000.0
MINUTES, HOURS = 60.0, 3600.0
PAY = {"intent": "electricity_bill_payment", "kind": "route"}
GREET = {"intent": "greet", "kind": "conversation"}
HELLO = [
    ("te", "నమస్కారం", "అవును", "వద్దు"),
    ("te-Latn", "namaskaram", "avunu", "vaddu"),
    ("hi", "नमस्ते", "हाँ", "नहीं"),
    ("hi-Latn", "namaste", "haan", "nahi"),
    ("en", "hi", "yes", "no"),
]


def prompt(talk: Talk) -> str:
    language = talk.state.language
    title = talk.form.catalogue.services[PAY["intent"]].title[language]
    return talk.form.catalogue.phrases["resume_prompt"][language].format(title=title)


async def left_open(form: Form, language: str = "en") -> Talk:
    """Asked for the service number."""
    talk = Talk(form, state=State(language=language))
    await talk.say("pay my bill", key=None, at=START, **PAY)
    assert talk.state.asked == "service_number"
    return talk


@pytest.mark.parametrize(("key", "hello", "yes", "no"), HELLO)
async def test_a_greeting_hours_later_brings_the_request_back(
    form: Form, key: str, hello: str, yes: str, no: str
) -> None:
    """Told what it was; yes asks the question that was open."""
    talk = await left_open(form, key.split("-")[0])
    await talk.say(hello, key=key, at=START + 13 * HOURS, **GREET)
    assert talk.text == prompt(talk) and len(talk.buttons) == 2
    await talk.say(yes, key=key, intent="affirm", kind="conversation", at=START + 13.1 * HOURS)
    assert talk.open and talk.state.asked == "service_number"


@pytest.mark.parametrize(("key", "hello", "yes", "no"), HELLO)
@pytest.mark.parametrize("way", ["typed", "tapped"])
async def test_no_ends_what_was_left(
    form: Form, key: str, hello: str, yes: str, no: str, way: str
) -> None:
    """In words or by button."""
    talk = await left_open(form, key.split("-")[0])
    await talk.say(hello, key=key, at=START + 2 * HOURS, **GREET)
    if way == "typed":
        await talk.say(no, key=key, intent="deny", kind="conversation", at=START + 2.1 * HOURS)
    else:
        await talk.tap('"decline"')
    assert not talk.open and talk.state.service is None


async def test_unclear_words_hours_later_bring_it_back(form: Form) -> None:
    """They are no wrong answer."""
    talk = await left_open(form)
    await talk.say("so what now", key="en", at=START + 5 * HOURS)
    assert talk.text == prompt(talk) and talk.state.attempts == 0
    await talk.tap('"go_on"')
    assert talk.state.asked == "service_number"


async def test_an_answer_hours_later_is_an_answer(form: Form) -> None:
    """Nobody is held up by a question they did not need."""
    talk = await left_open(form)
    await talk.say("6123401005678", key="en", sure=0.0, at=START + 20 * HOURS)
    assert talk.state.asked == CONFIRM and talk.open


async def test_an_answer_to_the_reminder_is_an_answer(form: Form) -> None:
    """Instead of yes."""
    talk = await left_open(form)
    await talk.say("hi", key="en", at=START + 5 * HOURS, **GREET)
    await talk.say("6123401005678", key="en", sure=0.0, at=START + 5 * HOURS + 9)
    assert talk.state.asked == CONFIRM


async def test_a_card_hours_later_is_shown_again(form: Form) -> None:
    """With a new look-up and its buttons; the old ones work too."""
    talk = await left_open(form)
    await talk.say("6123401005678", key="en", sure=0.0, at=START + MINUTES)
    card = talk.buttons
    await talk.say("hi", key="en", at=START + 14 * HOURS, **GREET)
    await talk.tap('"go_on"')
    assert talk.state.asked == CONFIRM and len(talk.buttons) == 3
    await talk.tap('"yes"', card, at=START + 15 * HOURS)
    assert talk.department.calls[-1][0] == "payBill"


async def test_soon_after_nothing_is_asked(form: Form) -> None:
    """After "hi" a minute later the question is there again."""
    talk = await left_open(form)
    await talk.say("hi", key="en", at=START + 10 * MINUTES, **GREET)
    assert talk.state.asked == "service_number" and talk.state.attempts == 0


@pytest.mark.parametrize("language", ["te", "hi", "en"])
async def test_an_old_request_is_dropped_with_a_word(form: Form, language: str) -> None:
    """And the message counts as a new one."""
    talk = await left_open(form, language)
    late = START + (form.settings.drop_hours + 1) * HOURS
    await talk.say(
        "6123401005678 bill", key=None, intent="electricity_bill_view", kind="route", at=late
    )
    title = form.catalogue.services[PAY["intent"]].title[language]
    word = form.catalogue.phrases["draft_dropped"][language]
    assert talk.said[0].text == word.format(title=title)
    assert [call[0] for call in talk.department.calls] == ["getBill"]
    assert talk.state.kept == ()


async def test_an_old_tap_drops_it_too(form: Form) -> None:
    """It pays for nothing."""
    talk = await left_open(form)
    await talk.say("6123401005678", key="en", sure=0.0, at=START + MINUTES)
    await talk.tap('"yes"', at=START + (form.settings.drop_hours + 1) * HOURS)
    assert "payBill" not in [call[0] for call in talk.department.calls]
    assert talk.state.service is None


async def test_a_draft_in_the_stack_grows_old_too(form: Form) -> None:
    """It is no longer offered."""
    talk = await left_open(form)
    await talk.say(
        "book a bus ticket now", key="en", intent="rtc_ticket_booking", kind="route", at=START + 60
    )
    late = START + (form.settings.drop_hours + 1) * HOURS
    await talk.say("continue", key="en", at=late)
    assert talk.said[-1].text == form.catalogue.phrases["nothing_to_resume"]["en"]
