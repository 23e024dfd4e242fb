"""What a message means while the form is open."""

from __future__ import annotations

from dataclasses import replace

from actions.dialogue import (
    answers,
    corrections,
    cues,
    drafts,
    facts,
    form_commands,
    language,
    numbers,
    one_time_code,
    own_data,
    questions,
    sent,
    taps,
    undo,
)
from actions.dialogue.form import Form
from actions.dialogue.state import CODE, CONFIRM, READ_BACK, RESUME, SWITCH, Heard, State
from actions.dialogue.steps import ASK, Step, saying
from nlu.catalogue import Slot
from nlu.slots.kind import kind_of

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
    own = own_data.commanded(form, state, heard)
    if own is not None:
        return own
    back = undo.undone(form, state, heard)
    if back is not None:
        return back
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
    at_hand = numbers.at_hand(form, state, heard) or numbers.elsewhere(form, state, heard)
    if at_hand is not None:
        return at_hand
    asked_about = facts.answered(form, state, heard)
    if asked_about is not None:
        return asked_about
    corrected = corrections.corrected(form, state, heard)
    if corrected is not None:
        return corrected
    interrupted = interruption(form, state, heard)
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


INTERRUPTS = ("cancel", "change_language", "talk_to_person", "help")
ASK_FOR_HELP = ("talk_to_person", "help")
"""No list offers these. A language or "cancel" may be what a list offers."""
COURTESIES = ("greet", "thanks")


def interruption(form: Form, state: State, heard: Heard) -> Step | None:
    """What interrupts the form, or None where the message is an answer."""
    if not heard.by_voice and cues.command(heard.text, form.settings) == "cancel":
        return _cancelled(form, form.follow(state, heard))
    slot, fits = form.asked_slot(state), form.fits(state, heard.text)
    any_words = slot is not None and kind_of(slot.type).any_words
    settings = form.settings  # what may be the answer must be surer to mean anything else
    needed = settings.interrupt_confidence_open if fits else settings.interrupt_confidence
    sure = heard.confidence >= needed
    helped = sure and heard.kind == "conversation" and heard.intent in ASK_FOR_HELP
    if fits and not any_words and not helped:  # "madad kariye" sounds like Madakasira
        return _gone_on(form, state, heard)
    if sure and heard.kind == "conversation" and heard.intent in INTERRUPTS:
        return _interrupted(form, state, heard)
    if sure and heard.kind == "conversation" and heard.intent in COURTESIES:
        return None if fits and _stands(slot, state, heard) else _courtesy(form, state, heard)
    said = heard.intent if heard.kind == "conversation" else heard.elsewhere or ""
    followed = form.follow(state, heard)
    talk = form.talk(said, followed)
    told = fits or bool(form.found(state.service or "", heard.text, {}))
    if talk is not None and sure and not told:
        return saying(followed, talk)
    other = heard.options[0] if heard.kind == "route" and heard.options else None
    short = len(heard.text.split()) < settings.switch_words
    if not other or other == state.service or (short and fits):
        return None
    if slot is not None and any_words and not answers.asks_for_another(form, slot, heard):
        return None
    wanted = settings.switch_confidence_open if fits else settings.switch_confidence
    if heard.confidence < (settings.switch_confidence_short if short else wanted):
        return None
    state = state if fits else form.follow(state, heard)
    if any_words or fits or short or not heard.surely_meant(settings.voice_sure):
        return Step(replace(state, asked=SWITCH + other, heard=heard.words), ASK)
    return form.start(state, other, heard, heard.words)


def _gone_on(form: Form, state: State, heard: Heard) -> Step | None:
    """Where nothing was found, a sentence that asks for another service is no second try, though a
    number in it would fit."""
    other = heard.options[0] if heard.kind == "route" and heard.options else state.service
    words, sure = len(heard.text.split()), heard.confidence
    wanted = form.settings.switch_confidence
    if not state.missed or other == state.service or words < form.settings.switch_words:
        return None
    return form.start(state, other or "", heard, heard.words) if sure >= wanted else None


def _interrupted(form: Form, state: State, heard: Heard) -> Step:
    if heard.intent == "change_language":
        chosen = language.named(heard, form.catalogue, form.settings)
        if chosen:
            return form_commands.language_changed(form, state, chosen)
        return saying(state, questions.languages(form.catalogue, state.language))
    state = form.follow(state, heard)
    if heard.intent == "cancel":
        if cues.command(heard.text, form.settings) == "skip":  # "leave it" may mean the question
            return answers.misfit(form, state, heard).after_saying(form.say("not_skipped", state))
        return _cancelled(form, state)
    if heard.intent == "talk_to_person":
        asked = saying(state, form.person(state))
        return answers.handed_over(form, asked, state, heard, answers.ASKED_FOR)
    return saying(state, form.say("cancel_hint", state))


def _stands(slot: Slot | None, state: State, heard: Heard) -> bool:
    """Whether what sounds like a greeting is an answer: Vandana is a name, and whoever writes the
    same words again means them."""
    return (slot is not None and slot.type.kind == "name") or state.said_before(heard)


def _courtesy(form: Form, state: State, heard: Heard) -> Step:
    """No attempt at an answer: the question again."""
    return Step(replace(form.follow(state, heard), heard=heard.words), ASK)


def _cancelled(form: Form, state: State) -> Step:
    return form.end(state, form.given_up("cancelled", state))
