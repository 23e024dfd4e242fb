"""Menus: departments, a department's services in pages, and the clarifying question."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from actions.dialogue.display import filled
from actions.dialogue.settings import DialogueSettings
from nlu.catalogue import Catalogue
from nlu.turn import Button, Reply, payload

MENU = payload("menu")
"""Leads to the departments."""


def departments(
    catalogue: Catalogue, language: str, settings: DialogueSettings, lead: str, page: int = 0
) -> Reply:
    """One page of the departments that have services, under `lead`."""
    used = {s.department for s in catalogue.services.values()}
    rows = [
        Button(d.menu[language], payload("menu", department=d.id), d.title[language])
        for d in catalogue.departments.values()
        if d.id in used
    ]
    return listed(catalogue, language, lead, _page(catalogue, language, settings, rows, page, {}))


def services(
    catalogue: Catalogue, language: str, settings: DialogueSettings, department: str, page: int
) -> Reply:
    """One page of a department's services, those that it puts `first` at the head; the last row
    leads to the next page."""
    own = [s.name for s in catalogue.services.values() if s.department == department]
    first = [name for name in catalogue.departments[department].first if name in own]
    names = [*first, *(name for name in own if name not in first)]
    rows = [service_row(catalogue, name, language) for name in names]
    rows = _page(catalogue, language, settings, rows, page, {"department": department})
    return listed(catalogue, language, catalogue.phrases["department_prompt"][language], rows)


def clarify(catalogue: Catalogue, language: str, options: Sequence[str]) -> Reply:
    """The two or three likeliest services, and a way out."""
    rows = [service_row(catalogue, name, language) for name in options]
    rows.append(Button(catalogue.phrases["none_of_these"][language], MENU))
    return listed(catalogue, language, catalogue.phrases["clarify_prompt"][language], rows)


def meant(catalogue: Catalogue, language: str, service: str) -> Reply:
    """Whether a voice note meant this service: yes, or the menu."""
    words = catalogue.phrases["voice_confirm"]
    title = {"title": catalogue.services[service].title[language]}
    buttons = (
        Button(catalogue.phrases["right_button"][language], payload("choose", service=service)),
        Button(catalogue.phrases["wrong_button"][language], MENU),
    )
    return Reply(filled(words, language, title), buttons)


def languages(catalogue: Catalogue, language: str) -> Reply:
    """One button per reply language, each in its own words."""
    rows = tuple(
        Button(catalogue.phrases["language_name"][code], payload("language", language=code))
        for code in catalogue.languages.reply
    )
    return Reply(catalogue.phrases["language_prompt"][language], rows)


def service_row(catalogue: Catalogue, name: str, language: str) -> Button:
    """A service as a list row."""
    service = catalogue.services[name]
    return Button(service.menu[language], payload("choose", service=name), service.about[language])


def _page(
    catalogue: Catalogue,
    language: str,
    settings: DialogueSettings,
    rows: Sequence[Button],
    page: int,
    menu: Mapping[str, str],
) -> list[Button]:
    """The rows of one page, and a row that leads to the next one if there is any."""
    start = page * settings.list_page
    shown = list(rows[start : start + settings.list_page])
    if start + settings.list_page < len(rows):
        more = payload("menu", **menu, page=str(page + 1))
        shown.append(Button(catalogue.phrases["more"][language], more))
    return shown


def listed(catalogue: Catalogue, language: str, text: str, rows: Sequence[Button]) -> Reply:
    """Rows under a text."""
    return Reply(text, tuple(rows), catalogue.phrases["menu_button"][language])
