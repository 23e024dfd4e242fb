"""Cancel, help, a person, another language, another service or a greeting in place of an answer."""

from __future__ import annotations

from dataclasses import replace

from actions.dialogue import cues, handovers, language, menus
from actions.dialogue.form import Form
from actions.dialogue.state import SWITCH, Heard, State
from actions.dialogue.steps import ASK, Step, saying
from actions.dialogue.sureness import surely_meant
from nlu.catalogue import Slot
from nlu.slots.kind import kind_of

INTERRUPTS = ("cancel", "change_language", "talk_to_person", "help")
COURTESIES = ("greet", "thanks")


def interruption(form: Form, state: State, heard: Heard) -> Step | None:
    """What interrupts the form, or None where the message is an answer."""
    if not heard.by_voice and cues.command(heard.text, form.settings) == "cancel":
        return _cancelled(form, form.follow(state, heard))
    slot, fits = form.asked_slot(state), form.fits(state, heard.text)
    if fits and slot is not None and not kind_of(slot.type).any_words:
        return None
    settings = form.settings  # what may be the answer must be surer to mean anything else
    needed = settings.interrupt_confidence_open if fits else settings.interrupt_confidence
    sure = heard.confidence >= needed
    if sure and heard.kind == "conversation" and heard.intent in INTERRUPTS:
        return _interrupted(form, state, heard)
    if sure and heard.kind == "conversation" and heard.intent in COURTESIES:
        return None if fits and _stands(slot, state, heard) else _courtesy(form, state, heard)
    other = heard.options[0] if heard.kind == "route" and heard.options else None
    short = len(heard.text.split()) < settings.switch_words
    if not other or other == state.service or (short and fits):
        return None
    wanted = settings.switch_confidence_open if fits else settings.switch_confidence
    if heard.confidence < (settings.switch_confidence_short if short else wanted):
        return None
    state = state if fits else form.follow(state, heard)
    if fits or short or not surely_meant(heard, settings):
        asked = replace(state, asked=SWITCH + other, heard=heard.text)
        return Step(replace(asked, heard_spoken=heard.by_voice), ASK)
    return form.start(state, other, heard, heard.text, spoken=heard.by_voice)


def _interrupted(form: Form, state: State, heard: Heard) -> Step:
    if heard.intent == "change_language":
        chosen = language.named(heard, form.catalogue)
        if chosen:
            return language_changed(form, state, chosen)
        return saying(state, menus.languages(form.catalogue, state.language))
    state = form.follow(state, heard)
    if heard.intent == "cancel":
        return _cancelled(form, state)
    if heard.intent == "talk_to_person":
        asked = saying(state, form.person(state))
        return handovers.handed_over(form, asked, state, heard, handovers.ASKED_FOR)
    return saying(state, form.say("cancel_hint", state))


def _stands(slot: Slot | None, state: State, heard: Heard) -> bool:
    """Whether what sounds like a greeting is an answer: Vandana is a name, and whoever writes the
    same words again means them."""
    return (slot is not None and slot.type.kind == "name") or heard.text == state.heard


def _courtesy(form: Form, state: State, heard: Heard) -> Step:
    """No attempt at an answer: the question again."""
    return Step(replace(form.follow(state, heard), heard=heard.text), ASK)


def _cancelled(form: Form, state: State) -> Step:
    return form.end(state, form.given_up("cancelled", state))


def language_changed(form: Form, state: State, chosen: str) -> Step:
    """The same question in another language; one that we do not speak changes nothing."""
    if chosen not in form.catalogue.languages.reply:
        return Step(state, ASK)
    changed = replace(state, language=chosen, language_fixed=True)
    return saying(changed, form.say("language_changed", changed))
