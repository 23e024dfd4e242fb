"""A number and nothing else while nothing is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actions.dialogue import routing
from actions.dialogue.state import State
from tests.dialogue.talk import Talk, heard, tapped

NUMBER = "6123401005678"
IN_SCRIPTS = [NUMBER, "౬౧౨౩౪౦౧౦౦౫౬౭౮", "६१२३४०१००५६७८", "6123 4010 05678", "6123401005678."]


def found(text: str) -> tuple[dict[str, str], ...]:
    """As the understanding reports a service number."""
    return ({"entity": "service_number", "value": NUMBER, "raw": text},)


@pytest.mark.parametrize("language", ["te", "hi", "en"])
@pytest.mark.parametrize("text", IN_SCRIPTS)
def test_number_is_asked_what_for_and_used_by_what_is_chosen(
    talk: Talk, language: str, text: str
) -> None:
    message = replace(heard(text, kind="clarify"), options=("pothole_complaint",))
    step = routing.route(
        talk.form, State(language=language), replace(message, entities=found(text))
    )
    [say] = step.replies
    services, phrases = talk.form.catalogue.services, talk.form.catalogue.phrases
    names = ["electricity_bill_view", "electricity_bill_payment"]
    assert say.text == phrases["number_alone"][language]
    assert [b.title for b in say.buttons[:2]] == [services[n].menu[language] for n in names]
    assert say.buttons[-1].title == phrases["none_of_these"][language]
    chosen = routing.choose(talk.form, step.state, tapped(say.buttons[0].payload))
    assert chosen.state.values == {"service_number": NUMBER}


@pytest.mark.parametrize("language", ["te", "hi", "en"])
def test_number_that_nothing_begins_with_leads_to_the_menu(talk: Talk, language: str) -> None:
    step = routing.route(talk.form, State(language=language), heard("9848012345", kind="clarify"))
    [say] = step.replies
    topics = talk.form.catalogue.topics.values()
    assert say.text == talk.form.catalogue.phrases["number_alone"][language]
    assert {b.title for b in say.buttons} <= {topic.title[language] for topic in topics}


@pytest.mark.parametrize(
    "text",
    ["12", "బిల్లు 6123401005678", "बिल 6123401005678", "bill 6123401005678", "AP 39 1234", "👍"],
)
def test_words_beside_it_or_few_digits_are_no_bare_number(talk: Talk, text: str) -> None:
    assert not routing.is_bare(heard(text), talk.form.settings.number_digits)
