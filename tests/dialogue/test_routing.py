"""Outside a form: start a service, ask which, converse, refuse."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actions.dialogue import interpretation, routing
from actions.dialogue.form import Form
from actions.dialogue.state import State
from tests.dialogue.talk import Talk, heard, tapped

CHOICES = ("electricity_bill_view", "electricity_bill_payment")
KEYS = {
    "te": "కరెంటు బిల్లు 6123401005678",
    "te-Latn": "current bill gurinchi 6123401005678",
    "hi": "बिजली बिल 6123401005678",
    "hi-Latn": "bijli bill ka kaam 6123401005678",
    "en": "about my electricity bill 6123401005678",
}


def language_of(key: str) -> str:
    """te, hi or en."""
    return key.split("-")[0]


@pytest.mark.parametrize("key", KEYS)
async def test_clarify_offers_the_services_and_a_way_out(talk: Talk, key: str) -> None:
    """What was said before the choice is used after it."""
    language = language_of(key)
    message = replace(heard(KEYS[key], key=key, kind="clarify"), options=CHOICES)
    step = routing.route(talk.form, State(language=language), message)
    [say] = step.replies
    services, phrases = talk.form.catalogue.services, talk.form.catalogue.phrases
    assert say.text == phrases["clarify_prompt"][language]
    assert [b.title for b in say.buttons] == [
        *(services[name].menu[language] for name in CHOICES),
        phrases["none_of_these"][language],
    ]
    chosen = routing.choose(talk.form, step.state, tapped(say.buttons[0].payload))
    assert chosen.state.values == {"service_number": "6123401005678"}
    assert chosen.next == "go"


@pytest.mark.parametrize(
    ("intent", "phrase"),
    [
        ("thanks", "thanks"),
        ("cancel", "nothing_to_cancel"),
        ("affirm", "affirmed_nothing_open"),
        ("deny", "affirmed_nothing_open"),
        ("unheard_of", "retry_generic"),
        ("help", "help"),
        ("change_language", "language_prompt"),
    ],
)
@pytest.mark.parametrize("key", KEYS)
async def test_conversation(talk: Talk, intent: str, phrase: str, key: str) -> None:
    """Each intent has its sentence in each language."""
    words = "cancel it" if intent == "cancel" else "so and so"
    await talk.say(words, key=key, intent=intent, kind="conversation")
    assert talk.text == talk.form.catalogue.phrases[phrase][language_of(key)]
    assert talk.state.service is None and not talk.open


@pytest.mark.parametrize("key", KEYS)
async def test_out_of_scope_is_refused_with_the_menu(talk: Talk, key: str) -> None:
    """Honestly, and with what there is instead."""
    talk.state = State(language=language_of(key))
    await talk.say("something quite different", key=key)
    refused = talk.form.catalogue.phrases["out_of_scope"][language_of(key)]
    helpline = talk.form.catalogue.phrases["helpline_default"][language_of(key)]
    assert talk.text == refused.format(helpline=helpline)
    assert len(talk.buttons) == len(talk.form.catalogue.topics)


async def test_person_outside_a_form_is_the_states_helpline(talk: Talk) -> None:
    """No department is meant yet."""
    await talk.say("talk to a person", key="en", intent="talk_to_person", kind="conversation")
    assert talk.form.catalogue.phrases["helpline_default"]["en"] in talk.text


async def test_menu_leads_to_a_service(talk: Talk) -> None:
    """Topic, service, question."""
    await talk.say("hello there", key="en", intent="greet", kind="conversation")
    await talk.tap('"complaints"')
    await talk.tap('"garbage_complaint"')
    assert talk.state.asked == "ulb_name"


async def test_none_of_these_shows_the_menu(talk: Talk) -> None:
    """The last row of a clarifying question."""
    message = replace(heard("bill", kind="clarify"), options=CHOICES)
    step = routing.route(talk.form, State(language="en"), message)
    say = talk.form.menu(step.state, tapped(step.replies[0].buttons[-1].payload))
    assert len(say.buttons) == len(talk.form.catalogue.topics)


def test_service_that_is_gone_is_told(form: Form) -> None:
    """A button may outlive its service."""
    step = routing.choose(form, State(language="hi"), tapped('/choose{"service": "nonsense"}'))
    assert step.replies[0].text == form.catalogue.phrases["unknown_service"]["hi"]
    assert step.next == "stop"


def test_language_tapped_is_one_we_speak(form: Form) -> None:
    """A forged or outdated id changes nothing."""
    step = interpretation.hear(form, State(language="hi"), tapped('/language{"language": "xx"}'))
    assert step.state.language == "hi"


@pytest.mark.parametrize("page", ["0", "1", "99", "x", "-1"])
def test_menu_pages_never_break(form: Form, page: str) -> None:
    """Whatever page a button asks for."""
    event = tapped(f'/menu{{"department": "energy", "page": "{page}"}}')
    assert form.menu(State(language="en"), event).text
