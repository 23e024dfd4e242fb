"""Back, repeat and skip, in words and by button."""

from __future__ import annotations

import pytest

from actions.dialogue.form import Form
from actions.dialogue.state import CONFIRM, State
from nlu.catalogue import Catalogue
from tests.dialogue.talk import Talk
from tests.dialogue.test_menus import within_limits

BUS = {"intent": "rtc_ticket_booking", "kind": "route"}
COMPLAINT = {"intent": "rtc_complaint", "kind": "route"}
FULL = "bus ticket from Vijayawada to Tirupati tomorrow for two people"
BACK = [
    ("te", "వెనక్కి"),
    ("te", "వెనక్కి వెళ్ళండి"),
    ("te-Latn", "venakki vellandi"),
    ("hi", "पीछे जाइए"),
    ("hi", "वापस"),
    ("hi-Latn", "peeche jao"),
    ("en", "go back please"),
    ("en", "Back"),
]
REPEAT = [
    ("te", "మళ్ళీ చెప్పండి"),
    ("te-Latn", "malli cheppandi"),
    ("hi", "फिर से बताइए"),
    ("hi-Latn", "phir se batao"),
    ("en", "repeat the question"),
]
SKIP = [
    ("te", "వదిలేయండి"),
    ("te", "నా దగ్గర లేదు"),
    ("te-Latn", "teliyadu"),
    ("hi", "छोड़ दीजिए"),
    ("hi", "पता नहीं"),
    ("hi-Latn", "pata nahi"),
    ("en", "skip"),
    ("en", "no"),
    ("en", "I don't know"),
]


async def at_an_optional_question(talk: Talk) -> None:
    """The complaint asks for the bus's number, which nobody must know."""
    await talk.say("complaint about a bus", key="en", **COMPLAINT)
    while talk.form.asked_slot(talk.state).required:
        await talk.say("the bus from Guntur to Tenali", key="en", sure=0.0)
    assert talk.state.asked == "bus_service_number"


@pytest.mark.parametrize(("key", "words"), BACK)
async def test_back_asks_the_question_before(talk: Talk, key: str, words: str) -> None:
    """Its value is dropped, the others stay."""
    await talk.say(FULL, key="en", **BUS)
    await talk.say("9848012345", key="en", sure=0.0)
    assert talk.state.asked == CONFIRM
    await talk.say(words, key=key)
    assert talk.state.asked == "mobile_number" and "mobile_number" not in talk.state.values
    await talk.say(words, key=key)
    assert talk.state.asked == "passenger_count"
    assert set(talk.state.values) == {"from_stop", "to_stop", "travel_date"}


async def test_back_by_button_at_each_question(talk: Talk) -> None:
    """All the way to the first one, where there is no such button."""
    await talk.say("bus", key="en", **BUS)
    assert not talk.buttons
    for answer in ("Vijayawada", "Tirupati", "tomorrow"):
        await talk.say(answer, key="en", sure=0.0)
    for slot in ("travel_date", "to_stop", "from_stop"):
        await talk.tap('"back"')
        assert talk.state.asked == slot
    assert talk.state.values == {} and not talk.buttons


@pytest.mark.parametrize(("key", "words"), BACK)
async def test_back_at_the_first_question_says_so(talk: Talk, key: str, words: str) -> None:
    """And asks it again."""
    await talk.say("bus", key=key, **BUS)
    await talk.say(words, key=key)
    language = talk.state.language
    assert talk.said[0].text == talk.form.catalogue.phrases["first_question"][language]
    assert talk.state.asked == "from_stop" and talk.state.attempts == 0


@pytest.mark.parametrize(("key", "words"), REPEAT)
async def test_repeat_says_the_question_again(talk: Talk, key: str, words: str) -> None:
    """It does not count as an answer that does not fit."""
    talk.state = State(language=key.split("-")[0])
    await talk.say("bus", key=key, **BUS)
    question = talk.said[-1].text
    for _ in range(4):
        await talk.say(words, key=key)
        assert talk.text == question
    assert talk.open and talk.state.attempts == 0


async def test_repeat_at_the_confirmation_shows_the_card(talk: Talk) -> None:
    """With its buttons; the department is not asked again."""
    talk.state = State(language="en")
    await talk.say("pay 6123401005678", key="en", intent="electricity_bill_payment", kind="route")
    card = talk.text
    await talk.say("again", key="en")
    assert talk.text == card and len(talk.buttons) == 3
    assert len(talk.department.calls) == 1


@pytest.mark.parametrize(("key", "words"), SKIP)
async def test_an_optional_question_is_skipped(talk: Talk, key: str, words: str) -> None:
    """In words, also by "no"."""
    await at_an_optional_question(talk)
    await talk.say(words, key=key)
    assert talk.state.asked == "travel_date"
    assert "bus_service_number" not in talk.state.values


async def test_an_optional_question_is_skipped_by_button(talk: Talk) -> None:
    """Skip and back are both there; back comes to what was skipped."""
    await at_an_optional_question(talk)
    assert talk.form.catalogue.phrases["optional_hint"]["en"] in talk.text
    assert [b.title for b in talk.buttons] == ["Skip", "Back"]
    await talk.tap('"skip"')
    assert talk.state.asked == "travel_date"
    await talk.tap('"back"')
    assert talk.state.asked == "bus_service_number"


@pytest.mark.parametrize(("key", "words"), SKIP)
async def test_what_is_needed_is_not_skipped(talk: Talk, key: str, words: str) -> None:
    """It counts as an answer that does not fit."""
    await talk.say("my bill", key="en", intent="electricity_bill_view", kind="route")
    await talk.say(words, key=key)
    assert talk.state.asked == "service_number" and talk.state.attempts == 1


async def test_a_service_that_only_tells_something_asks_no_optional_question(talk: Talk) -> None:
    """Bus timings need no date."""
    await talk.say(
        "bus timings from Vijayawada to Tirupati", intent="rtc_bus_timings", kind="route"
    )
    assert not talk.open and len(talk.department.calls) == 1


@pytest.mark.parametrize("language", ["te", "hi", "en"])
def test_questions_of_every_slot_fit_whatsapp(
    form: Form, catalogue: Catalogue, language: str
) -> None:
    """With something given before, so that the way back is offered, and as something to change."""
    for service in catalogue.services.values():
        for slot in service.slots:
            state = State(
                language=language,
                service=service.name,
                asked=slot.name,
                given=("something",),
                nonce="n" * 12,
            )
            within_limits(form.question(state))
        given = {slot.name: f"{number}" for number, slot in enumerate(service.slots)}
        state = State(language, service=service.name, values=given, asked="change")
        rows = form.question(state).buttons
        assert 1 <= len(rows) <= 10 and all(0 < len(row.title) <= 24 for row in rows)
        assert len({(row.title, row.description) for row in rows}) == len(rows)
