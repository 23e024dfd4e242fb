"""Answers to the form's questions: values, yes or no to what is shown, and what does not fit."""

from __future__ import annotations

from dataclasses import replace

from actions.dialogue import cues, questions
from actions.dialogue.form import Form
from actions.dialogue.state import CHANGE, CONFIRM, READ_BACK, Heard, State
from actions.dialogue.steps import ASK, GO, Handover, Step, ToPerson, saying
from nlu.catalogue import Slot, SlotType
from nlu.slots.kind import kind_of


def answer(form: Form, state: State, heard: Heard) -> Step:
    """The value of the slot asked for, or values of others; else it is asked again."""
    slot = form.asked_slot(state)
    unsure = doubt(form, slot.type, heard) if slot is not None else 0.0
    if unsure >= form.settings.answers.refuse and not state.said_before(heard):
        return _not_taken(form, state, heard)
    value = _value(form, state, slot, heard.text) if slot is not None else None
    if slot is not None and value is not None:
        given = {slot.name: value}
        if not kind_of(slot.type).any_words:
            state = form.follow_native(state, heard)
        more = form.found(state.service or "", heard.text, {**state.values, **given})
        more = {n: v for n, v in more.items() if v != value}
        state = form.told(state, {**more, **given}, spoken=heard.by_voice)
        if unsure >= form.settings.answers.doubt and slot.name not in state.unchecked:
            state = replace(state, unchecked=(slot.name, *state.unchecked))
        return form.after(state)
    known = {} if state.asked == CHANGE else state.values
    found = form.found(state.service or "", heard.text, known)
    if found:
        told = form.told(state, found, spoken=heard.by_voice)
        said = [
            form.noted(told, name) for name in found if name not in (state.asked, *told.unchecked)
        ]
        return form.after(told).after_saying(*said)
    return misfit(form, form.follow(state, heard), heard)


def doubt(form: Form, slot_type: SlotType, heard: Heard) -> float:
    """The share of the likeliest other thing that the words look like, beside the likeliest value
    of the type of slot, 0 to 1; 0 where any words are one. What looks like nothing known is taken
    for a value: names and villages are endless."""
    labels = form.settings.answers.labels.get(slot_type.name)
    if labels is None or not heard.answer:
        return 0.0
    value = max(heard.answer.get(label, 0.0) for label in labels)
    other = max((p for label, p in heard.answer.items() if label not in labels), default=0.0)
    return other / (value + other) if other else 0.0


def asks_for_another(form: Form, slot: Slot, heard: Heard) -> bool:
    """Whether words that could be the value of a slot look like a request instead. Where nothing is
    known of what they look like, they may be one."""
    settings = form.settings.answers
    if not heard.answer or slot.type.name not in settings.labels:
        return True
    if doubt(form, slot.type, heard) < settings.doubt:
        return False
    return max(heard.answer, key=lambda label: heard.answer[label]) in settings.requests


def _not_taken(form: Form, state: State, heard: Heard) -> Step:
    """Asked again, with how to stop. Who writes the same once more means it."""
    state = replace(form.follow(state, heard), heard=heard.words)
    return saying(state, form.say("answer_wanted", state))


def _value(form: Form, state: State, slot: Slot, text: str) -> str | None:
    """What the words mean, or which of the choices shown, counted from the first row, a number."""
    value = form.read(slot, text)
    if value is not None or not slot.type.choices:
        return value
    which = cues.position(text, form.settings)
    rows = questions.shown_choices(form.settings, slot, state.page)
    return rows[which - 1].value if which and which <= len(rows) else None


def confirmation(form: Form, state: State, heard: Heard) -> Step:
    """Yes, no, or another value."""
    state = form.follow(state, heard)
    if heard.intent == "affirm" and heard.kind == "conversation":
        return Step(state, GO)
    if heard.intent == "deny" and heard.kind == "conversation":
        return form.end(state, form.given_up("denied", state))
    corrected = form.found(state.service or "", heard.text, {})
    if corrected:
        return form.after(form.told(state, corrected, spoken=heard.by_voice))
    return misfit(form, state, heard)


def kept(form: Form, state: State, heard: Heard) -> Step:
    """The words heard before are the answer after all, if they can be one."""
    question, words = form.after(state).state, state.heard.text if state.heard else ""
    if not form.fits(question, words):
        return Step(question, ASK)
    # What was understood of "no" says nothing about the words that are heard again.
    return answer(form, question, replace(heard, text=words, answer={}))


def checked(form: Form, state: State) -> Step:
    """The value read back is right."""
    name = _read_back(state)
    left = tuple(other for other in state.unchecked if other != name)
    return form.after(replace(state, unchecked=left))


def asked_anew(form: Form, state: State) -> Step:
    """The value read back is wrong: the question again, showing what an answer looks like."""
    step = form.after(form.without(state, _read_back(state)))
    return replace(step, state=replace(step.state, attempts=1))


def misfit(form: Form, state: State, heard: Heard) -> Step:
    """Asked again, with an example; after too often a person goes on with it."""
    attempts = state.attempts + 1
    if attempts < form.settings.max_attempts:
        again = replace(state, attempts=attempts)
        choosing = state.asked in (CONFIRM, CHANGE)
        return saying(again, form.say("choose_one", state)) if choosing else Step(again, ASK)
    end = form.end(state, form.say("too_many_attempts", state), form.person(state))
    tried = replace(state, attempts=attempts)
    return handed_over(form, end, tried, heard, TOO_MANY)


def _read_back(state: State) -> str:
    return (state.asked or "")[len(READ_BACK) :]


TOO_MANY, ASKED_FOR = "too_many_attempts", "asked_for"


def handed_over(form: Form, step: Step, state: State, heard: Heard, why: str) -> Step:
    """The step with a record of `state`, the request as it was, for a person."""
    service = form.catalogue.services.get(state.service or "")
    record = Handover(
        request=state.nonce,
        service=state.service or "",
        values=dict(state.values),
        asked=state.asked or "",
        attempts=state.attempts,
        why=why,
        last=heard.text,
        language=state.language,
        at=heard.at,
        department=service.department if service else "",
        model=heard.message.model,
    )
    said = form.say("handed_over", state, {"number": "{number}"})
    return replace(step, effects=(*step.effects, ToPerson(record, said)))
