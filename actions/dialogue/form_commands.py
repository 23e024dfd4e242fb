"""Back to the question before, the question again, and past an optional one: tapped or in words."""

from __future__ import annotations

from dataclasses import replace

from actions.dialogue import answers, cues, language, questions
from actions.dialogue.form import Form
from actions.dialogue.state import (
    CHANGE,
    NO_MEMORY,
    READ_BACK,
    RESUME,
    Heard,
    Profile,
    State,
)
from actions.dialogue.steps import ASK, STOP, Forget, Step, saying
from nlu.catalogue import Slot


def steered(form: Form, state: State, heard: Heard) -> Step | None:
    """The step that a command of a word or two asks for; None where the message is none."""
    wished = language.wished(heard, form.catalogue, form.settings)
    if wished is not None:
        return language_changed(form, state, wished)
    meaning = cues.command(heard.text, form.settings)
    if meaning == "help":
        return saying(form.follow(state, heard), form.say("cancel_hint", form.follow(state, heard)))
    if meaning == "language":
        return saying(state, questions.languages(form.catalogue, state.language))
    if meaning == "person":
        state = form.follow(state, heard)
        asked = saying(state, form.person(state))
        return answers.handed_over(form, asked, state, heard, answers.ASKED_FOR)
    if meaning == "back":
        return back(form, form.follow(state, heard))
    if meaning == "menu":
        followed = form.follow(state, heard)
        return Step(followed, STOP, (form.topics(followed),))
    if meaning == "repeat":
        return Step(form.follow(state, heard), ASK)
    if meaning == "forget_me":
        return forgotten(form, form.follow(state, heard), ASK)
    slot = form.asked_slot(state)
    if meaning == "skip" and slot is not None and not slot.required and slot.name == state.asked:
        return skip(form, form.follow(state, heard), slot)
    if meaning == "more" and _many(form, state, slot):
        return Step(replace(form.follow(state, heard), page=state.page + 1), ASK)
    if meaning == "go_on" and (state.asked or "").startswith(RESUME):
        return form.after(form.follow(state, heard))
    return None


def back(form: Form, state: State) -> Step:
    """The question before, without its value. From the list of what can be changed, and from a
    value that was to be changed, it leads to where that was asked for."""
    asked = state.asked or ""
    if asked == CHANGE or asked in state.values:
        return form.after(state)
    if asked.startswith(READ_BACK):
        name = asked[len(READ_BACK) :]
        return _asking(form.without(state, name), name)
    if not state.given:
        return saying(state, form.say("first_question", state))
    name = state.given[-1]
    return _asking(form.without(state, name), name)


def skip(form: Form, state: State, slot: Slot) -> Step:
    """Goes on without an optional value."""
    left_out = form.without(state, slot.name)
    return form.after(replace(left_out, given=(*left_out.given, slot.name)))


def forgotten(form: Form, state: State, following: str) -> Step:
    """All that was remembered of the citizen is deleted."""
    empty = replace(state, profile=Profile(consent=False), pending={}, said={}, memory=NO_MEMORY)
    done = Forget(requests=True)
    return Step(empty, following, (form.say("forgotten", state),), (done,))


def language_changed(form: Form, state: State, chosen: str) -> Step:
    """The same question in another language; one that we do not speak changes nothing."""
    if chosen not in form.catalogue.languages.reply:
        return Step(state, ASK)
    changed = replace(state, language=chosen, language_fixed=True)
    return saying(changed, form.say("language_changed", changed))


def _many(form: Form, state: State, slot: Slot | None) -> bool:
    """Whether the question's list has more than one page."""
    rows = form.service(state).slots if state.asked == CHANGE else slot.type.choices if slot else ()
    return len(rows) > form.settings.list_page


def _asking(state: State, name: str) -> Step:
    return Step(replace(state, asked=name, page=0, attempts=0), ASK)
