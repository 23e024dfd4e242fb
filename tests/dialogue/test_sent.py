"""Photos, files and spots on the map in a form: a value where a slot takes them, else answered
truly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from actions.dialogue.form import Form
from actions.dialogue.state import CONFIRM, State
from nlu.catalogue import SlotType
from nlu.turn import Location, Media
from tests.dialogue.talk import Talk

OUTAGE = {"intent": "electricity_supply_failure_complaint", "kind": "route"}
SPOT = Location(16.506174, 80.648015)
PHOTO = Media("wamid.MEDIA1", "image/jpeg")
PDF = Media("wamid.MEDIA2", "application/pdf")
CLIP = "\U0001f4ce"
LANGUAGES = ("te", "hi", "en")


async def send(talk: Talk, text: str, **carries: Any) -> Talk:
    return await talk.say(text, key=None, sure=0.0, carries=carries)


def number_first(form: Form) -> Form:
    """The form where the outage complaint cannot do without its number, and asks for it first."""
    service = form.catalogue.services[OUTAGE["intent"]]
    place, number = service.slots
    slots = (replace(number, required=True), place)
    services = {**form.catalogue.services, service.name: replace(service, slots=slots)}
    return replace(form, catalogue=replace(form.catalogue, services=services))


def with_slot(form: Form, kind: str, *, required: bool = True, **more: Any) -> Form:
    """The form where the outage complaint also asks for a photo or a spot, before the place."""
    form = number_first(form)
    service = form.catalogue.services[OUTAGE["intent"]]
    like = form.catalogue.slot_types["address"]
    words = {"te": "ఇది పంపండి", "hi": "यह भेजिए", "en": "Send it"}
    kept: dict[str, Any] = {"ask": words, "retry": words, "label": words, "kind": kind}
    added: SlotType = replace(like, name=f"a_{kind}", **kept, **more)
    slot = replace(service.slots[0], name="extra", type=added, required=required, ask={}, label={})
    slots = (service.slots[0], slot, *service.slots[1:])
    services = {**form.catalogue.services, service.name: replace(service, slots=slots)}
    return replace(form, catalogue=replace(form.catalogue, services=services))


async def started(form: Form, language: str = "en") -> Talk:
    talk = Talk(form, state=State(language=language))
    return await talk.say("no power at 6123401005678", key=None, **OUTAGE)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("words", "value"),
    [
        ("16.506174, 80.648015", "16.506174,80.648015"),
        ("Ramalayam, Guntur", "Ramalayam, Guntur (16.506174,80.648015)"),
    ],
)
async def test_a_spot_answers_an_address(form: Form, language: str, words: str, value: str) -> None:
    """With its name where it has one, and where it is exactly."""
    talk = await started(form, language)
    assert talk.state.asked == "location"
    await send(talk, words, location=SPOT)
    assert talk.state.values["location"] == value and talk.state.asked == CONFIRM


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_spot_in_place_of_a_number_is_answered_truly(form: Form, language: str) -> None:
    """It is kept for the slot that takes it, and the number is asked for again."""
    talk = Talk(number_first(form), state=State(language=language))
    await talk.say("no power", key="en", **OUTAGE)
    assert talk.state.asked == "service_number"
    await send(talk, "16.506174, 80.648015", location=SPOT)
    assert talk.state.asked == "service_number" and talk.state.attempts == 0
    assert talk.state.values["location"] == "16.506174,80.648015"
    assert len(talk.said) == 2


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_spot_that_nothing_takes_is_answered_truly(form: Form, language: str) -> None:
    """And does not count as a wrong answer, however often it comes."""
    talk = Talk(form, state=State(language=language))
    await talk.say("electricity bill", key="en", intent="electricity_bill_view", kind="route")
    for _ in range(4):
        await send(talk, "16.506174, 80.648015", location=SPOT)
        assert talk.said[0].text == form.catalogue.phrases["no_spot_here"][language]
    assert talk.state.asked == "service_number" and talk.state.attempts == 0


async def test_the_name_of_a_spot_may_answer(form: Form) -> None:
    """A place on our list is found in it."""
    talk = Talk(form, state=State(language="en"))
    await talk.say("canteen", key="en", intent="anna_canteen_locations", kind="route")
    await send(talk, "Old Bus Stand, Vijayawada", location=replace(SPOT, name="Old Bus Stand"))
    assert talk.department.calls[0][1] == {"location": "vijayawada"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("asked", ["number", "address", "confirm"])
async def test_a_photo_in_place_of_words_is_answered_truly(
    form: Form, language: str, asked: str
) -> None:
    """Said that it cannot be read, and asked again; nothing is lost and no attempt is counted."""
    talk = Talk(form, state=State(language=language))
    first = "no power" if asked == "number" else "no power at 6123401005678"
    await talk.say(first, key=None, **OUTAGE)
    if asked == "confirm":
        await talk.say("Gandhi Nagar", key="en", sure=0.0)
    before, question = talk.state, talk.said[-1].text
    for _ in range(4):
        await send(talk, CLIP, media=PHOTO)
        assert talk.said[0].text == form.catalogue.phrases["picture_unread"][language]
        assert talk.said[1].text == question
    assert (talk.state.asked, talk.state.values) == (before.asked, before.values)


async def test_the_caption_of_a_photo_is_an_answer(talk: Talk) -> None:
    """As if it had been typed."""
    talk.state = State(language="en")
    await talk.say("electricity bill", key="en", intent="electricity_bill_view", kind="route")
    await send(talk, "6123401005678", media=PHOTO)
    assert talk.department.calls[0][1] == {"service_number": "6123401005678"}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_photo_is_the_value_of_a_slot_that_takes_it(form: Form, language: str) -> None:
    """Words are not, and a file of another kind is not."""
    kinds = ("image/jpeg", "image/png")
    talk = await started(with_slot(form, "attachment", accepts=kinds), language)
    assert talk.state.asked == "extra"
    await talk.say("image/jpeg;someone-elses", key=None, sure=0.0)
    assert talk.state.asked == "extra" and talk.state.attempts == 1
    await send(talk, CLIP, media=PDF)
    assert talk.said[0].text == form.catalogue.phrases["wrong_file"][language]
    await send(talk, CLIP, media=PHOTO)
    assert talk.state.values["extra"] == "image/jpeg;wamid.MEDIA1"
    await talk.say("Gandhi Nagar", key="en", sure=0.0)
    await talk.tap('"change"')
    shown = [b.description for b in talk.buttons]
    assert form.catalogue.phrases["sent_photo"][language] in shown


async def test_a_photo_sent_early_is_kept_for_its_slot(form: Form) -> None:
    """It came while the number was asked for; said, and the number asked for again."""
    talk = Talk(with_slot(form, "attachment", accepts=("image/jpeg",)), state=State(language="en"))
    await talk.say("no power", key="en", **OUTAGE)
    await send(talk, CLIP, media=PHOTO)
    assert talk.state.values == {"extra": "image/jpeg;wamid.MEDIA1"}
    assert talk.state.asked == "service_number" and "Photo" in talk.said[0].text


async def test_a_pdf_is_a_file(form: Form) -> None:
    """Shown by what it is."""
    talk = await started(with_slot(form, "attachment", accepts=("application/pdf",)))
    await send(talk, CLIP, media=PDF)
    await talk.say("Gandhi Nagar", key="en", sure=0.0)
    await talk.tap('"change"')
    assert "File" in [b.description for b in talk.buttons]


@pytest.mark.parametrize(
    ("words", "metadata"),
    [("16.5, 80.6", {"location": SPOT}), ("16.506174, 80.648015", {})],
)
async def test_a_spot_is_the_value_of_a_slot_that_takes_it(
    form: Form, words: str, metadata: dict[str, Any]
) -> None:
    """Shared on the map, or its coordinates in words."""
    talk = await started(with_slot(form, "location"))
    await send(talk, words, **metadata)
    assert talk.state.values["extra"] == "16.506174,80.648015"
    assert talk.state.asked == "location"


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_photo_outside_a_form_is_declined(form: Form, language: str) -> None:
    """Nothing asks for one."""
    talk = Talk(form, state=State(language=language))
    await send(talk, CLIP, media=PHOTO)
    assert talk.text == form.catalogue.phrases["unsupported_message"][language]
