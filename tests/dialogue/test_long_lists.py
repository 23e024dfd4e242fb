"""More choices than a list holds: pages of ten rows, and answers in words or by number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actions.dialogue.form import Form
from actions.dialogue.state import State
from nlu.catalogue import Catalogue, Choice
from tests.dialogue.talk import Talk
from tests.dialogue.test_menus import within_limits

SERVICE = "income_certificate"
DIGITS = {"te": "౦౧౨౩౪౫౬౭౮౯", "hi": "०१२३४५६७८९", "en": "0123456789"}
TOWNS = (
    *("Adoni", "Bapatla", "Chirala", "Dharmavaram", "Eluru", "Gudivada", "Hindupur"),
    *("Kavali", "Macherla", "Nandyal", "Ongole", "Palasa", "Rajam", "Samalkot", "Tanuku"),
    *(
        "Udayagiri",
        "Vuyyuru",
        "Yemmiganur",
        "Zahirabad",
        "Kuppam",
        "Madanapalle",
        "Repalle",
        "Sullurpeta",
    ),
)


def numeral(number: int, language: str) -> str:
    return str(number).translate(str.maketrans("0123456789", DIGITS[language]))


def with_choices(form: Form, count: int, *, required: bool = True) -> Form:
    """The form with `count` answers to one question, titles as long as a row holds."""
    service = form.catalogue.services[SERVICE]
    old = service.slots[-1]
    assert old.type.choices
    names = {"te": "ఊరు పేరు ఇది", "hi": "शहर का नाम यह", "en": "Name of a town"}
    choices = tuple(
        Choice(
            f"town_{number}",
            {
                code: f"{name} {numeral(number, code)}".ljust(24, "-")[:24]
                for code, name in names.items()
            },
            (TOWNS[number],),
        )
        for number in range(count)
    )
    kind = replace(old.type, name=f"town_{count}", choices=choices)
    slots = (*service.slots[:-1], replace(old, type=kind, required=required))
    services = {**form.catalogue.services, SERVICE: replace(service, slots=slots)}
    return replace(form, catalogue=replace(form.catalogue, services=services))


async def at_the_list(form: Form, language: str = "en") -> Talk:
    talk = Talk(form, state=State(language=language))
    await talk.say("income", key="en", intent=SERVICE, kind="route")
    for answer in ("Ravi Kumar", "499118665246", "200000"):
        await talk.say(answer, key="en", sure=0.0)
    return talk


@pytest.mark.parametrize("language", ["te", "hi", "en"])
@pytest.mark.parametrize(("count", "pages"), [(10, 1), (11, 2), (18, 2), (19, 3), (23, 3)])
async def test_every_choice_is_on_one_page(
    form: Form, language: str, count: int, pages: int
) -> None:
    """Ten rows at most; "more" leads to the next page, and from the last to the first."""
    talk = await at_the_list(with_choices(form, count), language)
    more = form.catalogue.phrases["more"][language]
    first, seen = talk.buttons, []
    for _ in range(pages):
        within_limits(talk.said[-1])
        seen += [b.title for b in talk.buttons if b.title != more]
        if pages > 1:
            await talk.tap('"page/')
    assert len(seen) == len(set(seen)) == count
    assert [b.title for b in talk.buttons] == [b.title for b in first]
    assert talk.state.attempts == 0


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("te", "ఇంకా చూపించండి"),
        ("te", "ఇంకా ఉన్నాయి"),
        ("te-Latn", "inka"),
        ("hi", "और दिखाओ"),
        ("hi", "और देखें"),
        ("hi-Latn", "aur dikhao"),
        ("en", "more"),
        ("en", "See more"),
    ],
)
async def test_more_in_words(form: Form, key: str, words: str) -> None:
    """Also the row's own title."""
    talk = await at_the_list(with_choices(form, 23))
    first = [b.payload for b in talk.buttons]
    await talk.say(words, key=key)
    assert talk.state.asked == "purpose" and talk.state.attempts == 0
    assert len(talk.buttons) == 10 and talk.buttons[0].payload not in first


@pytest.mark.parametrize("page", [0, 1, 2])
async def test_an_answer_in_words_counts_on_any_page(form: Form, page: int) -> None:
    """The choice need not be among the rows shown."""
    talk = await at_the_list(with_choices(form, 23))
    for _ in range(page):
        await talk.tap('"page/')
    await talk.say("tanuku", key="en", sure=0.0)
    assert talk.state.values["purpose"] == "town_14"


@pytest.mark.parametrize(
    ("key", "words", "which"),
    [
        ("te", "2", 2),
        ("te", "౨", 2),
        ("te", "రెండోది", 2),
        ("te-Latn", "rendodi", 2),
        ("te", "మూడు", 3),
        ("hi", "३", 3),
        ("hi", "तीसरा वाला", 3),
        ("hi-Latn", "teesra wala", 3),
        ("en", "number 4", 4),
        ("en", "the first", 1),
        ("en", "9", 9),
    ],
)
@pytest.mark.parametrize("page", [0, 1])
async def test_a_number_means_the_row(
    form: Form, key: str, words: str, which: int, page: int
) -> None:
    """Counted on the page that is shown."""
    talk = await at_the_list(with_choices(form, 23))
    if page:
        await talk.tap('"page/')
    await talk.say(words, key=key, sure=0.0)
    assert talk.state.values["purpose"] == f"town_{9 * page + which - 1}"


@pytest.mark.parametrize("words", ["0", "10", "44", "2 and 3"])
async def test_a_number_without_a_row_does_not_fit(form: Form, words: str) -> None:
    """Asked again; nothing is guessed."""
    talk = await at_the_list(with_choices(form, 23))
    await talk.say(words, key="en", sure=0.0)
    assert "purpose" not in talk.state.values and talk.state.attempts == 1


async def test_a_number_that_is_a_form_is_that_choice(talk: Talk) -> None:
    """ "300" is the darshan of that price, not a row."""
    await talk.say("darshan at Srisailam", key="en", intent="temple_darshan_booking", kind="route")
    await talk.say("300", key="en", sure=0.0)
    assert talk.state.values["darshan_type"] == "special"


async def test_an_optional_list_has_room_to_skip(form: Form) -> None:
    """Nine rows with "more", and the one that skips."""
    talk = await at_the_list(with_choices(form, 23, required=False))
    within_limits(talk.said[-1])
    assert '"skip"' in talk.buttons[-1].payload and len(talk.buttons) == 10
    await talk.tap('"page/')
    await talk.tap('"skip"')
    assert talk.state.asked == "confirm" and "purpose" not in talk.state.values


def test_the_catalogue_is_in_limits(catalogue: Catalogue) -> None:
    """No title of a choice is longer than a row."""
    for kind in catalogue.slot_types.values():
        for choice in kind.choices:
            assert all(len(title) <= 24 for title in choice.title.values())
