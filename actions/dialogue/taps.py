"""Tapped buttons and rows while the form is open, and their titles typed as words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from actions.dialogue import answers, cues, drafts, form_commands, numbers, one_time_code
from actions.dialogue.form import Form
from actions.dialogue.questions import (
    BACK,
    CHANGE,
    DECLINE,
    GO_ON,
    KEEP,
    LACKING,
    PAGE,
    RESEND,
    RIGHT,
    SAVED,
    SKIP,
    WRONG,
)
from actions.dialogue.questions import (
    STOP as STOPPED,
)
from actions.dialogue.state import CHANGE as CHANGING
from actions.dialogue.state import CODE, CONFIRM, READ_BACK, RESUME, SWITCH, Heard, State, Words
from actions.dialogue.steps import ASK, GO, STOP, Step, cleared, saying
from nlu.catalogue import Slot
from nlu.turn import Button, Reply, read_payload


def tapped(form: Form, state: State, heard: Heard) -> Step:
    """What a button asks for; one of another question is old."""
    if heard.intent == "language":
        chosen = heard.payload.get("language", state.language)
        return form_commands.language_changed(form, state, chosen)
    if heard.intent == "choose":
        return _service(form, state, heard)
    if heard.intent == "menu":
        aside = drafts.left(state, "", form.settings)
        return Step(cleared(aside), STOP, (form.menu(state, heard),))
    if heard.payload.get("nonce") != state.nonce:
        return saying(state, form.say("old_button", state))
    return _value(form, state, heard, heard.payload.get("value", ""))


def typed(form: Form, heard: Heard, question: Callable[[str], Reply]) -> Heard | None:
    """The tap that a message stands for: the title, in any of our languages, of a button under
    what `question` asks in a language."""
    if not heard.surely_meant(form.settings.voice_sure):
        return None
    said = cues.clean(heard.text).strip(" .!")
    for language in form.catalogue.languages.reply:
        for button in question(language).buttons:
            if cues.clean(button.title) == said:
                return _as_tap(heard, button)
    return None


def _as_tap(heard: Heard, button: Button) -> Heard:
    """A message as the tap of a button."""
    intent, data = read_payload(button.payload)
    return replace(heard, text=button.payload, intent=intent, kind="button", payload=data)


def _service(form: Form, state: State, heard: Heard) -> Step:
    name = heard.payload.get("service", "")
    if name not in form.catalogue.services:
        return saying(state, form.say("unknown_service", state))
    kept = state.heard if state.asked == SWITCH + name else None
    given = heard.payload.get("value")  # a follow-up: about the same thing, and not heard
    return form.start(state, name, heard, Words(given) if given else kept)


def _value(form: Form, state: State, heard: Heard, value: str) -> Step:
    asked = state.asked or ""
    what, _, name = value.partition("/")
    slot = form.asked_slot(state)
    if value == KEEP and asked.startswith(SWITCH):
        return answers.kept(form, state, heard)
    if what in (RIGHT, WRONG) and asked == READ_BACK + name:
        return answers.checked(form, state) if what == RIGHT else answers.asked_anew(form, state)
    if value in (GO_ON, DECLINE) and asked.startswith(RESUME):
        return (
            form.end(state, form.given_up("denied", state))
            if value == DECLINE
            else form.after(state)
        )
    if what == SAVED and slot is not None and slot.name == asked:
        return _saved(form, state, slot, name)
    if value == LACKING and slot is not None and slot.name == asked:
        return numbers.lacking(form, state, slot)
    if asked == CODE and value == RESEND:
        return one_time_code.sent_again(form, state)
    if value == STOPPED and (asked == CODE or slot is not None):
        return form.end(state, form.given_up("cancelled", state))
    if value == BACK:
        return form_commands.back(form, state)
    if value == SKIP and slot is not None and not slot.required:
        return form_commands.skip(form, state, slot)
    if what == PAGE and name.isdecimal():
        return Step(replace(state, page=int(name)), ASK)
    if asked == CONFIRM and value == "yes":
        return Step(state, GO)
    if asked == CONFIRM and value == "no":
        return form.end(state, form.given_up("denied", state))
    if value == CHANGE and (asked in (CONFIRM, CHANGING) or slot is not None):
        return Step(replace(state, asked=CHANGING, page=0, attempts=0), ASK)
    slots = [form.offering(state, slot) for slot in form.service(state).slots]
    if what == CHANGE and name in {slot.name for slot in slots}:
        return Step(replace(state, asked=name, page=0, attempts=0), ASK)
    for chosen in sorted(slots, key=lambda slot: slot.name != state.asked):
        open_or_given = chosen.name == state.asked or chosen.name in state.values
        if open_or_given and value in {c.value for c in chosen.type.choices}:
            return form.after(form.told(state, {chosen.name: value}, spoken=False))
    return saying(state, form.say("old_button", state))


def _saved(form: Form, state: State, slot: Slot, number: str) -> Step:
    """A value that is known already, by its place among those offered."""
    values = form.known(state, slot)
    if not number.isdecimal() or int(number) >= len(values):
        return saying(state, form.say("old_button", state))
    return form.after(form.told(state, {slot.name: values[int(number)]}, spoken=False))
