"""Menus within WhatsApp's limits: 10 rows, titles of 24 characters, buttons of 20."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from actions.dialogue import questions
from actions.dialogue.form import Form
from nlu.catalogue import Catalogue
from nlu.turn import Reply, payload

LANGUAGES = ("te", "hi", "en")
ROWS, TITLE, DESCRIPTION, BUTTON, ID = 10, 24, 72, 20, 200


def within_limits(say: Reply) -> None:
    """A list is sent with `button_label`, at most three buttons without."""
    assert 1 <= len(say.buttons) <= ROWS
    assert len({b.payload for b in say.buttons}) == len(say.buttons)
    assert len({b.title for b in say.buttons}) == len(say.buttons)
    for button in say.buttons:
        assert 0 < len(button.title) <= (TITLE if say.button_label else BUTTON), button.title
        assert len(button.description or "") <= DESCRIPTION
        assert len(button.payload) <= ID
    if say.button_label:
        assert len(say.button_label) <= BUTTON
    else:
        assert len(say.buttons) <= 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_departments_are_listed_in_limits(form: Form, language: str) -> None:
    """One row each, over pages."""
    seen: list[str] = []
    page = 0
    while len(seen) < len(form.catalogue.departments):
        say = questions.departments(form.catalogue, language, form.settings, "lead", page)
        within_limits(say)
        chosen = [b.payload for b in say.buttons if "department" in b.payload]
        assert chosen and set(chosen).isdisjoint(seen)
        seen, page = [*seen, *chosen], page + 1
    assert len(seen) == len(form.catalogue.departments)


@pytest.mark.parametrize("language", LANGUAGES)
def test_services_are_listed_in_limits(form: Form, language: str) -> None:
    """Every department, every service once."""
    seen = []
    for department in form.catalogue.departments:
        page = 0
        while page is not None:
            say = questions.services(form.catalogue, language, form.settings, department, page)
            within_limits(say)
            chosen = [b.payload for b in say.buttons if b.payload.startswith("/choose")]
            seen += [json.loads(payload[len("/choose") :])["service"] for payload in chosen]
            page = page + 1 if len(chosen) < len(say.buttons) else None
    assert sorted(seen) == sorted(form.catalogue.services)


@pytest.mark.parametrize("language", LANGUAGES)
def test_topics_are_listed_in_limits_and_lead_to_every_service(form: Form, language: str) -> None:
    say = questions.topics(form.catalogue, language, form.settings, "lead")
    within_limits(say)
    seen = []
    for button in say.buttons:
        topic = json.loads(button.payload[len("/menu") :])["topic"]
        page = 0
        while page is not None:
            found = questions.of_topic(form.catalogue, language, form.settings, topic, page)
            within_limits(found)
            chosen = [b.payload for b in found.buttons if b.payload.startswith("/choose")]
            seen += [json.loads(one[len("/choose") :])["service"] for one in chosen]
            page = page + 1 if len(chosen) < len(found.buttons) else None
    assert sorted(seen) == sorted(form.catalogue.services)


def test_a_catalogue_without_topics_has_a_menu_of_its_departments(form: Form) -> None:
    without = replace(form.catalogue, topics={})
    say = questions.topics(without, "te", form.settings, "lead")
    assert say == questions.departments(without, "te", form.settings, "lead")


def test_most_asked_services_head_the_menu(form: Form) -> None:
    """In the order that the department's file gives; the others follow."""
    for name, department in form.catalogue.departments.items():
        say = questions.services(form.catalogue, "te", form.settings, name, 0)
        expected = [f'/choose{{"service": "{service}"' for service in department.first]
        shown = [b.payload for b in say.buttons[: len(expected)]]
        assert all(a.startswith(b) for a, b in zip(shown, expected)), shown
        assert len(shown) == len(expected)
    assert any(department.first for department in form.catalogue.departments.values())


def many_services(catalogue: Catalogue, count: int) -> Catalogue:
    """The catalogue with `count` services in one department."""
    one = catalogue.services["electricity_bill_view"]
    services = {
        f"service_{i}": replace(
            one, name=f"service_{i}", menu={code: f"Service {i}" for code in LANGUAGES}
        )
        for i in range(count)
    }
    return replace(catalogue, services=services)


@pytest.mark.parametrize("count", [1, 9, 10, 18, 19, 40])
def test_pages_show_every_service_once(form: Form, count: int) -> None:
    """Nine on a page and "more", however many there are; no page is empty."""
    catalogue = many_services(form.catalogue, count)
    seen: list[str] = []
    page = 0
    while True:
        say = questions.services(catalogue, "en", form.settings, "energy", page)
        within_limits(say)
        chosen = [b for b in say.buttons if b.payload.startswith("/choose")]
        seen += [b.title for b in chosen]
        if len(chosen) == len(say.buttons):
            break
        page += 1
        assert say.buttons[-1].payload == payload("menu", department="energy", page=str(page))
    assert len(seen) == len(set(seen)) == count


@pytest.mark.parametrize("language", LANGUAGES)
def test_clarifying_question_is_in_limits(form: Form, language: str) -> None:
    """Every pair of neighbours, and the way out."""
    for service in form.catalogue.services.values():
        options = [service.name, *service.neighbours][:3]
        say = questions.clarify(form.catalogue, language, options)
        within_limits(say)
        assert len(say.buttons) == len(options) + 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_languages_are_three_buttons(form: Form, language: str) -> None:
    """Each in its own script, so that anyone finds theirs."""
    say = questions.languages(form.catalogue, language)
    within_limits(say)
    assert [b.title for b in say.buttons] == ["తెలుగు", "हिन्दी", "English"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_choices_of_every_slot_are_in_limits(form: Form, language: str) -> None:
    """Questions with buttons."""
    from actions.dialogue.state import State

    asked = 0
    for service in form.catalogue.services.values():
        for slot in service.slots:
            state = State(language=language, service=service.name, asked=slot.name, nonce="n" * 12)
            say = form.question(state)
            assert say.text
            if slot.type.choices:
                within_limits(say)
                asked += 1
    assert asked >= 2
