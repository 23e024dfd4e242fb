"""What a message means while the form is open."""

from __future__ import annotations

from dataclasses import replace

from actions.dialogue import (
    answers,
    corrections,
    drafts,
    form_commands,
    interruptions,
    one_time_code,
    sent,
    taps,
)
from actions.dialogue.form import Form
from actions.dialogue.state import CODE, CONFIRM, READ_BACK, RESUME, SWITCH, Heard, State
from actions.dialogue.steps import Step

UNSURE = "unsure"  # the kind of what was spoken and counts only as an answer to a slot


def hear(form: Form, state: State, heard: Heard) -> Step:
    """The step that a tap, or a citizen's own words, lead to."""
    state = drafts.fresh(form.catalogue, form.settings, state, heard.at)
    state = replace(state, since=heard.at or state.since)
    if heard.tapped:
        return taps.tapped(form, state, heard)
    received = sent.received(form, state, heard)
    if received is not None:
        return received
    typed = taps.typed(
        form, heard, lambda language: form.question(replace(state, language=language))
    )
    if typed is not None:
        return taps.tapped(form, form.follow_native(state, heard), typed)
    return _said(form, state, heard)


def _said(form: Form, state: State, heard: Heard) -> Step:
    asked = state.asked or ""
    unsure = heard.kind == "conversation" and not heard.surely_meant(form.settings.voice_sure)
    if unsure:  # a spoken yes, no or cancel is short, and one is easily taken for another
        heard = replace(heard, kind=UNSURE)
    if asked.startswith(RESUME) and not unsure:
        return _reminder_answered(form, state, heard)
    if asked.startswith(SWITCH):
        return (
            answers.misfit(form, state, heard) if unsure else _switch_answered(form, state, heard)
        )
    coded = one_time_code.answered(form, state, heard) if asked == CODE else None
    if coded is not None:
        return coded
    steered = form_commands.steered(form, state, heard)
    if steered is not None:
        return steered
    corrected = corrections.corrected(form, state, heard)
    if corrected is not None:
        return corrected
    interrupted = interruptions.interruption(form, state, heard)
    if interrupted is not None:
        return interrupted
    renamed = corrections.renamed(form, state, heard)
    if renamed is not None and heard.kind != "conversation":
        return renamed
    if asked == CONFIRM:
        return answers.confirmation(form, state, heard)
    if asked == CODE:
        return one_time_code.misfit(form, state, heard)
    if asked.startswith(READ_BACK) and heard.kind == "conversation":
        if heard.intent == "affirm":
            return answers.checked(form, state)
        if heard.intent == "deny":
            return answers.asked_anew(form, state)
    return answers.answer(form, state, heard)


def _reminder_answered(form: Form, state: State, heard: Heard) -> Step:
    """Words after the question whether to go on with what was left hours ago."""
    intent = heard.intent if heard.kind == "conversation" else ""
    if intent == "affirm":
        return form.after(form.follow(state, heard))
    if intent in ("deny", "cancel"):
        return form.end(state, form.given_up("denied", form.follow(state, heard)))
    return _said(form, form.after(state).state, heard)


def _switch_answered(form: Form, state: State, heard: Heard) -> Step:
    """Typed words after the question whether another service was meant."""
    other = (state.asked or "")[len(SWITCH) :]
    if heard.kind == "conversation" and heard.intent == "affirm":
        return form.start(form.follow(state, heard), other, heard, state.heard)
    question = form.after(state).state
    again = state.said_before(heard)
    if again and not form.fits(question, heard.text):
        return answers.misfit(form, state, heard)
    if again or (heard.kind == "conversation" and heard.intent == "deny"):
        return answers.kept(form, state, heard)  # who repeats the words answers with them
    return _said(form, question, heard)
