"""What was spoken is asked about before it counts: the service, and the numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nlu.turn import Button, payload
from tests.dialogue.talk import Talk

SERVICE = "electricity_bill_view"
SPOKEN = {  # what Whisper writes, and the citizen's language
    "te": "Na karentu billu chudali 6123401005678",
    "hi": "Mujhe bijali ka bil dekhana hai 6123401005678",
    "en": "show my electricity bill 6123401005678",
}
SURE = 0.999
KEYS = {"te": "te-Latn", "hi": "hi-Latn", "en": "en"}


async def spoken(talk: Talk, language: str, confidence: float) -> Talk:
    return await talk.say(
        SPOKEN[language],
        key=KEYS[language],
        intent=SERVICE,
        kind="route",
        confidence=confidence,
        spoken=language,
    )


def offered(talk: Talk) -> list[str]:
    return [button.title for button in talk.buttons]


@pytest.mark.parametrize("language", ["te", "hi"])
async def test_a_spoken_request_is_confirmed_in_the_citizens_script(
    talk: Talk, language: str
) -> None:
    """By title and button; the transcript is not shown."""
    await spoken(talk, language, 0.9)
    phrases, service = talk.form.catalogue.phrases, talk.form.catalogue.services[SERVICE]
    title = service.title[language]
    assert talk.text == phrases["voice_confirm"][language].format(title=title)
    assert offered(talk) == [
        phrases["right_button"][language],
        phrases["wrong_button"][language],
    ]
    assert "chudali" not in talk.text and "dekhana" not in talk.text
    assert not talk.open and not talk.department.calls


@pytest.mark.parametrize("language", ["te", "hi"])
async def test_yes_starts_the_service_with_what_was_said(talk: Talk, language: str) -> None:
    """By button; the number in it is read back first."""
    await spoken(talk, language, 0.9)
    await talk.tap("choose")
    assert talk.state.values == {"service_number": "6123401005678"}
    assert "6 1 2 3 4 0 1 0 0 5 6 7 8" in talk.text
    await talk.tap("right/")
    assert talk.department.calls[0][:2] == ("getBill", {"service_number": "6123401005678"})


@pytest.mark.parametrize(
    ("words", "key"),
    [("అవును", "te"), ("avunu", "te-Latn"), ("हाँ", "hi"), ("haan", "hi-Latn"), ("yes", "en")],
)
async def test_a_typed_yes_counts_as_the_button(talk: Talk, words: str, key: str) -> None:
    """In every key."""
    await spoken(talk, "te", 0.9)
    await talk.say(words, key=key, intent="affirm", kind="conversation")
    assert talk.state.service == SERVICE and talk.open


@pytest.mark.parametrize("by", ["button", "word"])
async def test_no_leads_to_the_menu(talk: Talk, by: str) -> None:
    """And nothing is kept of what was misheard."""
    await spoken(talk, "te", 0.9)
    if by == "button":
        await talk.tap("menu")
    else:
        await talk.say("కాదు", key="te", intent="deny", kind="conversation")
    assert talk.state.heard is None
    assert len(talk.buttons) == len(talk.form.catalogue.topics)
    await talk.say("yes", key="en", intent="affirm", kind="conversation")
    assert talk.state.service is None


async def test_other_words_in_place_of_yes_are_a_request_of_their_own(talk: Talk) -> None:
    """The question does not hold anybody up."""
    await spoken(talk, "te", 0.9)
    await talk.say("birth certificate", key="en", intent="birth_certificate", kind="route")
    assert talk.state.service == "birth_certificate"
    assert talk.state.values == {} and talk.state.heard is None


async def test_a_yes_later_confirms_nothing(talk: Talk) -> None:
    """The question is over once something else was said."""
    await spoken(talk, "te", 0.9)
    await talk.say("thanks", key="en", intent="thanks", kind="conversation")
    await talk.say("yes", key="en", intent="affirm", kind="conversation")
    assert talk.state.service is None


@pytest.mark.parametrize(("language", "confidence"), [("te", SURE), ("hi", SURE), ("en", 0.8)])
async def test_a_sure_request_starts_at_once(talk: Talk, language: str, confidence: float) -> None:
    """English is heard as well as it is read."""
    await spoken(talk, language, confidence)
    assert talk.state.service == SERVICE


async def test_a_written_request_is_never_asked_about(talk: Talk) -> None:
    """Only what was heard can be misheard."""
    await talk.say(SPOKEN["te"], key="te-Latn", intent=SERVICE, kind="route", confidence=0.8)
    assert talk.department.calls[0][:2] == ("getBill", {"service_number": "6123401005678"})


@pytest.mark.parametrize("language", ["te", "hi", "en"])
async def test_a_spoken_number_is_read_back_digit_by_digit(talk: Talk, language: str) -> None:
    """Before it is used."""
    await spoken(talk, language, SURE)
    phrases = talk.form.catalogue.phrases
    service = talk.form.catalogue.services[SERVICE]
    label = (service.slots[0].label or service.slots[0].type.label)[language]
    assert talk.said[-1].text == phrases["voice_read_back"][language].format(
        slot=label, value="6 1 2 3 4 0 1 0 0 5 6 7 8"
    )
    assert not talk.department.calls


async def test_a_wrong_number_is_asked_for_again(talk: Talk) -> None:
    """With an example; what is typed then needs no reading back."""
    await spoken(talk, "en", SURE)
    await talk.tap("wrong/")
    slot = talk.form.catalogue.services[SERVICE].slots[0]
    assert talk.state.values == {}
    assert talk.text == slot.type.retry["en"]
    await talk.say("6123401005679")
    assert talk.department.calls[0][1] == {"service_number": "6123401005679"}


async def test_another_number_in_place_of_yes_replaces_it(talk: Talk) -> None:
    """Spoken again it is read back again, typed it is taken."""
    await spoken(talk, "en", SURE)
    await talk.say("6123401005679", spoken="en")
    assert "6 1 2 3 4 0 1 0 0 5 6 7 9" in talk.text
    await talk.say("6123401005670")
    assert talk.department.calls[0][1] == {"service_number": "6123401005670"}


async def test_a_second_tap_confirms_nothing_else(talk: Talk) -> None:
    """Two spoken numbers are two questions, whose buttons differ."""
    await talk.say(
        "bus ticket vijayawada to tirupati tomorrow for two people 9848012345",
        intent="rtc_ticket_booking",
        kind="route",
        confidence=SURE,
        spoken="en",
    )
    assert "9 8 4 8 0 1 2 3 4 5" in talk.text
    buttons = talk.buttons
    await talk.tap("right/", buttons)
    assert talk.state.asked == "confirm"
    await talk.tap("right/", buttons)
    assert talk.state.asked == "confirm"
    assert talk.text.startswith(talk.form.catalogue.phrases["old_button"]["en"])


async def test_a_private_number_is_read_back_by_its_end(talk: Talk) -> None:
    """A whole Aadhaar number is never stored, not even in a question."""
    services = talk.form.catalogue.services
    name, slot = next(
        (service.name, slot)
        for service in services.values()
        for slot in service.slots
        if slot.type.sensitive and slot.type.kind in ("number", "code") and slot.required
    )
    await talk.say("so", intent=name, kind="route")
    talk.state = replace(talk.state, asked=slot.name)
    valid = {"aadhaar_number": "499118665246"}.get(slot.type.name, slot.type.examples[0])
    await talk.say(valid, spoken="te")
    assert "X" + valid[-4:] in talk.text
    assert valid not in talk.text and " ".join(valid) not in talk.text


async def test_cancel_works_at_the_question(talk: Talk) -> None:
    """As everywhere."""
    await spoken(talk, "en", SURE)
    await talk.say("cancel", intent="cancel", kind="conversation")
    assert talk.state.service is None and talk.state.unchecked == ()
    assert not talk.department.calls


async def test_another_service_heard_in_a_form_is_asked_about(talk: Talk) -> None:
    """What was misheard must not end a form; a written request does, and so does a yes."""
    await talk.say("birth certificate", key="en", intent="birth_certificate", kind="route")
    await spoken(talk, "te", 0.9)
    assert talk.state.service == "birth_certificate"
    title = talk.form.catalogue.services[SERVICE].title["te"]
    assert title in talk.text
    await talk.tap("choose")
    assert talk.state.service == SERVICE
    assert "6 1 2 3" in talk.text


async def test_a_number_from_a_button_is_not_read_back(talk: Talk) -> None:
    """It was read back because a voice note had been heard before; a button is not misheard."""
    await talk.say("birth certificate", key="en", intent="birth_certificate", kind="route")
    await spoken(talk, "te", 0.9)
    assert talk.state.heard is not None and talk.state.heard.spoken
    follow_up = Button("bill", payload("choose", service=SERVICE, value="6123401005679"))
    await talk.tap("choose", [follow_up])
    assert talk.department.calls[0][:2] == ("getBill", {"service_number": "6123401005679"})


UNSURE = [("te", 0.9), ("hi", 0.98)]


@pytest.mark.parametrize(("language", "confidence"), UNSURE)
@pytest.mark.parametrize("intent", ["affirm", "deny", "cancel"])
async def test_a_yes_no_or_cancel_that_may_be_misheard_asks_again(
    talk: Talk, language: str, confidence: float, intent: str
) -> None:
    """ "Avunu" was once heard as "cancel". The question stands, with its buttons."""
    await spoken(talk, language, 0.9)
    asked = talk.text
    await talk.say(
        "Avalu.",
        key="te-Latn",
        intent=intent,
        kind="conversation",
        confidence=confidence,
        spoken=language,
    )
    assert talk.text == asked and talk.buttons
    assert not talk.open and not talk.department.calls


@pytest.mark.parametrize(("language", "confidence"), [*UNSURE, ("te", SURE), ("hi", SURE)])
async def test_nothing_is_paid_for_by_a_yes_that_may_be_misheard(
    talk: Talk, language: str, confidence: float
) -> None:
    """A no or a cancel neither ends it; when surely heard they count."""
    said = {"spoken": language, "confidence": confidence, "kind": "conversation"}
    sure = confidence == SURE
    await talk.say("pay my bill 6123401005678", intent="electricity_bill_payment", kind="route")
    assert talk.state.asked == "confirm"
    before = len(talk.department.calls)
    await talk.say("Avalu.", key="te-Latn", intent="affirm", **said)
    assert (len(talk.department.calls) > before) == sure
    if not sure:
        assert talk.open and talk.buttons
        await talk.say("Vaddu.", key="te-Latn", intent="cancel", **said)
        assert talk.open and talk.state.asked == "confirm"
        await talk.tap("yes")
        assert len(talk.department.calls) > before


async def test_a_spoken_english_cancel_counts(talk: Talk) -> None:
    """English is heard as well as it is read."""
    await talk.say("pay my bill", intent="electricity_bill_payment", kind="route")
    assert talk.open
    await talk.say("cancel", intent="cancel", kind="conversation", confidence=0.8, spoken="en")
    assert not talk.open
