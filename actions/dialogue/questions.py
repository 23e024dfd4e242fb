"""What the form asks: for a slot, whether a spoken value is right, whether another service was
meant, whether to go ahead, what to change, whether to go on. Each button carries the nonce of its
request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeVar

from actions.dialogue import display, memory
from actions.dialogue.display import filled
from actions.dialogue.settings import DialogueSettings
from actions.dialogue.state import Given, State
from nlu.catalogue import Catalogue, Choice, Service, Slot
from nlu.slots.kind import kind_of
from nlu.text.script import shortened
from nlu.turn import Button, Reply, payload

KEEP = "keep"  # the value of the button that says: it was the answer
RIGHT, WRONG = "right", "wrong"  # before a slot: the buttons under its value read back
CHANGE, BACK, SKIP, PAGE = "change", "back", "skip", "page"
GO_ON, DECLINE = "go_on", "decline"
RESEND, STOP = "resend", "stop"  # under the question for a one-time code
AGREE, REFUSE, SAVED = "agree", "refuse", "saved"
LACKING = "lacking"  # the number that is asked for is not at hand
Row = TypeVar("Row")


def ask(
    catalogue: Catalogue, settings: DialogueSettings, service: Service, slot: Slot, state: State
) -> Reply:
    """For a slot's value; after an answer that did not fit, with the type's `retry` text. Choices
    are buttons or a list, and what is left of three buttons leads back or past the question. Who
    was asked twice for the number of a record can say that they have none."""
    phrases, language = catalogue.phrases, state.language
    words = (slot.type.retry if state.attempts else None) or slot.ask or slot.type.ask
    text = words[language]
    before = memory.said_before(settings, state, slot)
    if before is not None and not state.attempts and slot.name not in state.values:
        shown = display.shown(slot.type, before, language, catalogue)
        fields = {"slot": display.label(slot, language), "value": shown}
        text = filled(phrases["same_as_before"], language, fields)
    optional = not slot.required and slot.name not in state.values and not slot.offered_by
    if optional:
        text = f"{text}\n{phrases['optional_hint'][language]}"
    rows = [
        _answer(c.title[language], c.value, state, c.about[language] if c.about else None)
        for c in slot.type.choices
    ]
    rows = _paged(catalogue, settings, rows, state, spare=0 if slot.required else 1)
    rows += _saved(catalogue, settings, service, slot, state)
    record = memory.record_slot(service)
    if state.attempts and slot.required and record is not None and slot.name == record.name:
        rows.append(_answer(phrases["lacking_button"][language], LACKING, state))
        if len(rows) < settings.reply_buttons and state.values.keys() - {slot.name}:
            rows.append(_answer(phrases["change_button"][language], CHANGE, state))
    if optional:
        rows.append(_answer(phrases["skip_button"][language], SKIP, state))
    described = any(row.description for row in rows)
    many = described or max(len(rows), len(slot.type.choices)) > settings.reply_buttons
    if state.given and len(rows) < settings.reply_buttons and not many:
        rows.append(_answer(phrases["back"][language], BACK, state))
    return Reply(text, tuple(rows), phrases["choose_button"][language] if many else None)


def _saved(
    catalogue: Catalogue, settings: DialogueSettings, service: Service, slot: Slot, state: State
) -> list[Button]:
    """Values that are known already; the id does not hold them. Numbers that a department gave say
    for what, and are a list."""
    known = memory.offered(catalogue, settings, state, service, slot)
    listed = any(given for _, given in known)
    room = settings.reply_buttons - 1 - (not slot.required)
    longest = settings.row_title if listed else settings.button_title
    rows = []
    for number, (value, given) in enumerate(known[: None if listed else room]):
        title = display.shown(slot.type, value, state.language, catalogue)
        if len(title) <= longest:
            about = given_for(catalogue, given, state.language) if given else None
            rows.append(_answer(title, f"{SAVED}/{number}", state, about))
    return rows


def lacking(catalogue: Catalogue, service: Service, state: State) -> Reply:
    """Who finds a record without its number. The question stays open, and can be stopped."""
    phrases, language = catalogue.phrases, state.language
    department = catalogue.departments[service.department]
    helpline = department.helpline or phrases["helpline_default"][language]
    office = department.office or department.title
    fields = {"office": office[language], "helpline": helpline}
    stop = _answer(phrases["cancel_button"][language], STOP, state)
    return Reply(filled(phrases["number_lacking"], language, fields), (stop,))


def given_for(catalogue: Catalogue, given: Given, language: str) -> str:
    """The service that a number was given for, and the day."""
    service = catalogue.services.get(given.service)
    day = "-".join(reversed(given.day.split("-")))
    fields = {"service": service.title[language] if service else "", "day": day}
    return filled(catalogue.phrases["number_given_row"], language, fields)


def shown_choices(settings: DialogueSettings, slot: Slot, page: int) -> list[Choice]:
    """The choices on a page of a slot's list, beside the row that skips an optional one."""
    return page_of(slot.type.choices, page, settings, spare=0 if slot.required else 1)


def page_of(
    rows: Sequence[Row], page: int, settings: DialogueSettings, spare: int = 0
) -> list[Row]:
    """The rows of a page: all where they fit a list beside `spare` others. Behind the last page
    comes the first."""
    if len(rows) + spare <= settings.list_rows:
        return list(rows)
    size = settings.list_page - spare
    start = page % -(-len(rows) // size) * size
    return list(rows[start : start + size])


def read_back(catalogue: Catalogue, slot: Slot, state: State) -> Reply:
    """Whether the value of a slot is right: numbers sign by sign, words as they are."""
    phrases, language = catalogue.phrases, state.language
    words, value = kind_of(slot.type).any_words, state.values[slot.name]
    value = (
        display.shown(slot.type, value, language, catalogue)
        if words
        else display.spelled(slot.type, value)
    )
    fields = {"slot": display.label(slot, language), "value": value}
    buttons = (
        _answer(phrases["right_button"][language], f"{RIGHT}/{slot.name}", state),
        _answer(phrases["wrong_button"][language], f"{WRONG}/{slot.name}", state),
    )
    return Reply(filled(phrases["voice_read_back"], language, fields), buttons)


def switch(catalogue: Catalogue, service: Service, other: str, state: State) -> Reply:
    """Whether the service called `other` was meant, or the words were the answer."""
    phrases, language = catalogue.phrases, state.language
    titles = {
        "current": service.title[language],
        "title": catalogue.services[other].title[language],
    }
    buttons = (
        Button(phrases["yes_button"][language], payload("choose", service=other)),
        _answer(phrases["no_button"][language], KEEP, state),
    )
    return Reply(filled(phrases["switch_prompt"], language, titles), buttons)


def confirm(catalogue: Catalogue, service: Service, state: State) -> Reply:
    """Whether to go ahead, with everything that was given and looked up."""
    phrases, language = catalogue.phrases, state.language
    text = display.confirmation(service, state.values, state.lookup or {}, language, catalogue)
    buttons = [
        _answer(phrases["confirm_yes"][language], "yes", state),
        _answer(phrases["confirm_no"][language], "no", state),
    ]
    if service.slots:
        buttons.append(_answer(phrases["change_button"][language], CHANGE, state))
    return Reply(text, tuple(buttons))


def code(catalogue: Catalogue, settings: DialogueSettings, state: State) -> Reply:
    """For the one-time code that was sent; after a wrong one with the tries that are left, after
    the last one whether to send another."""
    phrases, language, asked = catalogue.phrases, state.language, state.code
    assert asked is not None
    if asked.over:
        text = phrases["code_over"]
    elif state.attempts:
        text = phrases["code_unread"]
    elif asked.left is not None:
        text = phrases["code_wrong"]
    else:
        text = phrases["code_prompt"]
    fields = {
        "number": asked.sent_to,
        "left": str(asked.left),
        "digits": str(settings.code.digits),
        "minutes": str(settings.code.minutes),
    }
    buttons = (
        _answer(phrases["code_resend_button"][language], RESEND, state),
        _answer(phrases["cancel_button"][language], STOP, state),
    )
    return Reply(filled(text, language, fields), buttons)


def change(
    catalogue: Catalogue, settings: DialogueSettings, service: Service, state: State
) -> Reply:
    """Which value is to be changed: a row for each, with what it is now."""
    phrases, language = catalogue.phrases, state.language
    shown = display.shown_values(service, state.values, language, catalogue)
    rows = [
        Button(
            shortened(display.label(slot, language), settings.row_title),
            payload("answer", value=f"{CHANGE}/{slot.name}", nonce=state.nonce),
            shown.get(slot.name) or phrases["not_given"][language],
        )
        for slot in service.slots
        if slot.name in state.values or not slot.volunteered
    ]
    rows = [*_paged(catalogue, settings, rows, state, spare=1)]
    rows.append(_answer(phrases["back"][language], BACK, state))
    return Reply(
        phrases["change_prompt"][language], tuple(rows), phrases["choose_button"][language]
    )


def resume(catalogue: Catalogue, service: str, nonce: str, language: str) -> Reply:
    """Whether to go on with a request that was left."""
    phrases = catalogue.phrases
    buttons = tuple(
        Button(phrases[name][language], payload("answer", value=value, nonce=nonce))
        for name, value in (("yes_button", GO_ON), ("no_button", DECLINE))
    )
    title = {"title": catalogue.services[service].title[language]}
    return Reply(filled(phrases["resume_prompt"], language, title), buttons)


def _paged(
    catalogue: Catalogue,
    settings: DialogueSettings,
    rows: Sequence[Button],
    state: State,
    spare: int = 0,
) -> list[Button]:
    """A page of rows, and where there are others a row that leads to the next."""
    shown = page_of(rows, state.page, settings, spare)
    if len(shown) == len(rows):
        return shown
    following = f"{PAGE}/{state.page + 1}"
    return [*shown, _answer(catalogue.phrases["more"][state.language], following, state)]


def _answer(title: str, value: str, state: State, about: str | None = None) -> Button:
    return Button(title, payload("answer", value=value, nonce=state.nonce), about or None)


MENU = payload("menu")
"""Leads to the departments."""


def topics(
    catalogue: Catalogue, language: str, settings: DialogueSettings, lead: str, page: int = 0
) -> Reply:
    """One page of the topics, under `lead`; of the departments where there are no topics."""
    if not catalogue.topics:
        return departments(catalogue, language, settings, lead, page)
    rows = [
        Button(topic.title[language], payload("menu", topic=name), topic.about[language])
        for name, topic in catalogue.topics.items()
    ]
    return listed(catalogue, language, lead, _page(catalogue, language, settings, rows, page, {}))


def of_topic(
    catalogue: Catalogue, language: str, settings: DialogueSettings, name: str, page: int
) -> Reply:
    """One page of a topic's services, in its order; the last row leads to the next page."""
    known = (one for one in catalogue.topics[name].services if one in catalogue.services)
    rows = [service_row(catalogue, one, language) for one in known]
    rows = _page(catalogue, language, settings, rows, page, {"topic": name})
    return chosen_from(catalogue, language, catalogue.phrases["department_prompt"][language], rows)


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
    return chosen_from(catalogue, language, catalogue.phrases["department_prompt"][language], rows)


def clarify(catalogue: Catalogue, language: str, options: Sequence[str]) -> Reply:
    """The likeliest services, and a way out."""
    rows = [service_row(catalogue, name, language) for name in options]
    rows.append(Button(catalogue.phrases["none_of_these"][language], MENU))
    return chosen_from(catalogue, language, catalogue.phrases["clarify_prompt"][language], rows)


def meant(catalogue: Catalogue, language: str, service: str) -> Reply:
    """Whether a voice note meant this service: yes, or the menu."""
    words = catalogue.phrases["voice_confirm"]
    title = {"title": catalogue.services[service].title[language]}
    buttons = (
        Button(catalogue.phrases["right_button"][language], payload("choose", service=service)),
        Button(catalogue.phrases["wrong_button"][language], MENU),
    )
    return Reply(filled(words, language, title), buttons)


def grievance(catalogue: Catalogue, settings: DialogueSettings, language: str, words: str) -> Reply:
    """Whether these words are to be filed as a grievance: yes, or the menu."""
    phrases, story = catalogue.phrases, settings.story
    buttons = (
        Button(phrases["yes_button"][language], payload("choose", service=story.grievance)),
        Button(phrases["no_button"][language], MENU),
    )
    fields = {"words": shortened(words, story.shown)}
    return Reply(filled(phrases["grievance_offer"], language, fields), buttons)


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


def service_buttons(
    catalogue: Catalogue, names: Sequence[str], language: str, settings: DialogueSettings
) -> tuple[Button, ...]:
    """Services as reply buttons; a title that is too long for one is cut."""
    return tuple(
        Button(
            shortened(catalogue.services[name].menu[language], settings.button_title),
            payload("choose", service=name),
        )
        for name in names
    )


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


def chosen_from(catalogue: Catalogue, language: str, text: str, rows: Sequence[Button]) -> Reply:
    """Services under a question which of them is meant."""
    return Reply(text, tuple(rows), catalogue.phrases["choose_service_button"][language])
