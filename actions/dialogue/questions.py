"""What the form asks: for a slot, whether a spoken value is right, whether another service was
meant, whether to go ahead, what to change, whether to go on. Each button carries the nonce of its
request."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from actions.dialogue import display
from actions.dialogue.say import Button, Say, filled, payload
from actions.dialogue.settings import DialogueSettings
from actions.dialogue.state import State
from nlu.catalogue import Catalogue, Choice, Service, Slot
from nlu.text.script import shortened

KEEP = "keep"  # the value of the button that says: it was the answer
RIGHT, WRONG = "right", "wrong"  # before a slot: the buttons under its value read back
CHANGE, BACK, SKIP, PAGE = "change", "back", "skip", "page"
GO_ON, DECLINE = "go_on", "decline"
RESEND, STOP = "resend", "stop"  # under the question for a one-time code
AGREE, REFUSE, SAVED = "agree", "refuse", "saved"
ROW, BUTTON = 24, 20  # characters of a list row and of a reply button, WhatsApp
Row = TypeVar("Row")


def ask(catalogue: Catalogue, settings: DialogueSettings, slot: Slot, state: State) -> Say:
    """For a slot's value; after an answer that did not fit, with the type's `retry` text. Choices
    are buttons or a list, and what is left of three buttons leads back or past the question."""
    phrases, language = catalogue.phrases, state.language
    words = (slot.type.retry if state.attempts else None) or slot.ask or slot.type.ask
    text = words[language]
    optional = not slot.required and slot.name not in state.values
    if optional:
        text = f"{text}\n{phrases['optional_hint'][language]}"
    rows = [
        _answer(c.title[language], c.value, state, c.about[language] if c.about else None)
        for c in slot.type.choices
    ]
    rows = _paged(catalogue, settings, rows, state, spare=0 if slot.required else 1)
    rows += _saved(catalogue, settings, slot, state)
    if optional:
        rows.append(_answer(phrases["skip_button"][language], SKIP, state))
    described = any(row.description for row in rows)
    many = described or max(len(rows), len(slot.type.choices)) > settings.reply_buttons
    if state.given and len(rows) < settings.reply_buttons and not many:
        rows.append(_answer(phrases["back"][language], BACK, state))
    return Say(text, tuple(rows), phrases["choose_button"][language] if many else None)


def _saved(
    catalogue: Catalogue, settings: DialogueSettings, slot: Slot, state: State
) -> list[Button]:
    """Values of earlier requests that the citizen let us remember; the id does not hold them."""
    room = settings.reply_buttons - 1 - (not slot.required)
    values = state.profile.values.get(slot.type.name, ())[:room]
    shown = [display.shown(slot.type, value, state.language, catalogue) for value in values]
    return [
        _answer(title, f"{SAVED}/{number}", state)
        for number, title in enumerate(shown)
        if len(title) <= BUTTON
    ]


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


def read_back(catalogue: Catalogue, slot: Slot, state: State) -> Say:
    """Whether the value of a slot was heard rightly."""
    phrases, language = catalogue.phrases, state.language
    value = display.spelled(slot.type, state.values[slot.name])
    fields = {"slot": display.label(slot, language), "value": value}
    buttons = (
        _answer(phrases["right_button"][language], f"{RIGHT}/{slot.name}", state),
        _answer(phrases["wrong_button"][language], f"{WRONG}/{slot.name}", state),
    )
    return Say(filled(phrases["voice_read_back"], language, fields), buttons)


def switch(catalogue: Catalogue, service: Service, other: str, state: State) -> Say:
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
    return Say(filled(phrases["switch_prompt"], language, titles), buttons)


def confirm(catalogue: Catalogue, service: Service, state: State) -> Say:
    """Whether to go ahead, with everything that was given and looked up."""
    phrases, language = catalogue.phrases, state.language
    text = display.confirmation(service, state.values, state.lookup or {}, language, catalogue)
    buttons = [
        _answer(phrases["confirm_yes"][language], "yes", state),
        _answer(phrases["confirm_no"][language], "no", state),
    ]
    if service.slots:
        buttons.append(_answer(phrases["change_button"][language], CHANGE, state))
    return Say(text, tuple(buttons))


def code(catalogue: Catalogue, settings: DialogueSettings, state: State) -> Say:
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
    return Say(filled(text, language, fields), buttons)


def change(catalogue: Catalogue, settings: DialogueSettings, service: Service, state: State) -> Say:
    """Which value is to be changed: a row for each, with what it is now."""
    phrases, language = catalogue.phrases, state.language
    shown = display.shown_values(service, state.values, language, catalogue)
    rows = [
        Button(
            shortened(display.label(slot, language), ROW),
            payload("answer", value=f"{CHANGE}/{slot.name}", nonce=state.nonce),
            shown.get(slot.name) or phrases["not_given"][language],
        )
        for slot in service.slots
    ]
    rows = [*_paged(catalogue, settings, rows, state, spare=1)]
    rows.append(_answer(phrases["back"][language], BACK, state))
    return Say(phrases["change_prompt"][language], tuple(rows), phrases["choose_button"][language])


def resume(catalogue: Catalogue, service: str, nonce: str, language: str) -> Say:
    """Whether to go on with a request that was left."""
    phrases = catalogue.phrases
    buttons = tuple(
        Button(phrases[name][language], payload("answer", value=value, nonce=nonce))
        for name, value in (("yes_button", GO_ON), ("no_button", DECLINE))
    )
    title = {"title": catalogue.services[service].title[language]}
    return Say(filled(phrases["resume_prompt"], language, title), buttons)


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
