"""What the form asks: for a slot, whether a spoken value is right, whether another service was
meant, whether to go ahead. Each button carries the nonce of its request."""

from __future__ import annotations

from actions.dialogue import display
from actions.dialogue.say import Button, Say, filled, payload
from actions.dialogue.state import State
from nlu.catalogue import Catalogue, Service, Slot

KEEP = "keep"  # the value of the button that says: it was the answer
RIGHT, WRONG = "right", "wrong"  # before a slot: the buttons under its value read back


def ask(catalogue: Catalogue, slot: Slot, state: State) -> Say:
    """For a slot's value; after an answer that did not fit, with the type's `retry` text."""
    words = (slot.type.retry if state.attempts else None) or slot.ask or slot.type.ask
    buttons = tuple(_answer(c.title[state.language], c.value, state) for c in slot.type.choices)
    label = catalogue.phrases["choose_button"][state.language]
    return Say(words[state.language], buttons, label if len(buttons) > 3 else None)


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
    buttons = (
        _answer(phrases["confirm_yes"][language], "yes", state),
        _answer(phrases["confirm_no"][language], "no", state),
    )
    return Say(text, buttons)


def _answer(title: str, value: str, state: State) -> Button:
    return Button(title, payload("answer", value=value, nonce=state.nonce))
