"""Runs a service's operation and words its outcome."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from actions.departments import OperationResult, Origin
from actions.departments.access import (
    CODE_OUTCOMES,
    MISSED_TOO_OFTEN,
    NO_NUMBER,
    NO_SENDER,
    TOO_MANY,
)
from actions.dialogue import consent, display, memory, one_time_code, outcome, questions
from actions.dialogue.display import filled
from actions.dialogue.form import Form
from actions.dialogue.outcome import ENDED_BY, UNAVAILABLE, no_answer, words
from actions.dialogue.state import CHANGE, Heard, Offer, State, new_nonce
from actions.dialogue.steps import ASK, STOP, Step, Used
from nlu.catalogue import Service
from nlu.turn import Button, Reply, payload

OK, NOT_FOUND = "ok", "not_found"
_REFUSED = {
    NO_NUMBER: "access_no_number",
    NO_SENDER: "access_no_sender",
    TOO_MANY: "access_too_many",
    MISSED_TOO_OFTEN: "access_missed_too_often",
}
"""Why a department was not asked, or did nothing: phrases of every service."""
Execute = Callable[
    [str, str, Mapping[str, str], str, str, Origin, str | None], Awaitable[OperationResult]
]
"""(department, operation, values, request_id, language, origin, code) -> result; `code` is the
one-time code in the message that is being answered."""


async def look_up(form: Form, state: State, heard: Heard, execute: Execute) -> Step:
    """The read before a confirmation. Another outcome than ok ends the service with its reply, or
    asks for a code."""
    service = form.service(state)
    if service.lookup is None or state.lookup is not None:
        return Step(state, ASK)
    result = await execute(
        service.department,
        service.lookup,
        state.values,
        state.nonce,
        state.language,
        Origin(service.name),
        one_time_code.told(form, state, heard),
    )
    if result.outcome == OK:
        return Step(replace(state, lookup=result.fields, code=None), ASK)
    return _ended(form, state, heard, service, result)


async def perform(form: Form, state: State, heard: Heard, execute: Execute) -> Step:
    """The operation itself, if there is one. A department that does not answer leaves the draft for
    a retry."""
    service = form.service(state)
    if service.operation is None:
        return _ended(form, replace(state, asked=None), heard, service, OperationResult(OK, {}))
    result = await execute(
        service.department,
        service.operation,
        state.values,
        state.nonce,
        state.language,
        Origin(service.name, state.lookup or {}),
        one_time_code.told(form, state, heard),
    )
    return _ended(form, replace(state, asked=None), heard, service, result)


def _ended(
    form: Form, state: State, heard: Heard, service: Service, result: OperationResult
) -> Step:
    language, catalogue = state.language, form.catalogue
    if result.outcome in CODE_OUTCOMES:
        return one_time_code.wanted(form, state, result)
    state = replace(state, code=None)
    if result.outcome in _REFUSED:
        told = {"title": service.title[language], **result.fields}
        said = form.say(_REFUSED[result.outcome], state, {**told, "helpline": form.helpline(state)})
        return form.end(state, said)
    if result.outcome == UNAVAILABLE:
        department = catalogue.departments[service.department].title[language]
        if result.reason in ENDED_BY:
            over = no_answer(catalogue, service, ENDED_BY[result.reason], language)
            return form.end(state, Reply(over))
        retry = Button(
            catalogue.phrases["retry_button"][language],
            payload("answer", value="retry", nonce=state.nonce),
        )
        said = form.say("unavailable_saved", state, {"department": department})
        return Step(
            replace(state, asked=None, attempts=0, in_doubt=result.in_doubt),
            STOP,
            (replace(said, buttons=(retry,)),),
        )
    text = words(catalogue, form.shown(state), state.values, state.lookup or {}, result, language)
    if result.outcome == NOT_FOUND:
        return _asked_again(form, state, heard, service, text)
    known = {**state.values, **result.fields}
    reply = Reply(
        text,
        outcome.buttons(catalogue, service, result.outcome, known, language),
        document=result.document,
        link=outcome.link(catalogue, service, result, language),
    )
    step = replace(form.end(state, reply), effects=(Used(service.name, result.outcome == OK),))
    done = result.outcome == OK and state.asked is None
    return consent.done(form, state, step, to_pay=reply.link is not None) if done else step


def _asked_again(form: Form, state: State, heard: Heard, service: Service, text: str) -> Step:
    """Nothing was found, and the question stays open: for the number again, else for which of the
    values is to be another one. What is asked for then is a request of its own."""
    nonce = new_nonce(heard, f"{service.name}/again")
    anew = replace(state, nonce=nonce, lookup=None, code=None, page=0, attempts=1, missed=True)
    record = memory.record_slot(service)
    if record is not None and record.name in state.values:
        left = form.without(memory.without(anew, form.settings, record), record.name)
        asking = replace(left, asked=record.name)
        question = form.question(asking)
        return Step(asking, STOP, (replace(question, text=text),))
    asking = replace(anew, asked=CHANGE)
    question = form.question(asking)
    return Step(asking, STOP, (replace(question, text=f"{text}\n\n{question.text}"),))


async def offered(form: Form, step: Step, execute: Execute) -> Step:
    """The step with the department's choices for the slot that it asks for; the only one there is
    is taken. Where the department has none it says why, and the citizen changes something; where it
    says nothing, or does not answer, they are asked in words, or not at all for what may be left
    out."""
    state = step.state
    slot = form.asked_slot(state) if step.next == ASK else None
    if slot is None or slot.name != state.asked or slot.name in state.offers:
        return step
    if slot.name in state.values:  # to be changed
        return step
    service, language = form.service(state), state.language
    lacking = slot.name in state.lacks
    listing = form.found_by(service, slot) if lacking else slot.offered_by
    if not listing:
        return step
    result = await execute(
        service.department,
        listing,
        state.values,
        state.nonce,
        language,
        Origin(service.name),
        None,
    )
    offers = _offers(result.fields)
    words = None if lacking or result.outcome == OK else service.replies.get(result.outcome)
    if words is not None:
        shown = display.shown_values(service, state.values, language, form.catalogue)
        step = step.ending_with(Reply(filled(words, language, {**shown, **result.fields})))
        if not offers:
            return replace(step, state=replace(state, asked=CHANGE, page=0))
    known = replace(state, offers={**state.offers, slot.name: offers})
    if lacking:
        step = _listed(form, replace(step, state=known), service, result, offers)
        if step.next == STOP:
            return step
    if len(offers) == 1:
        taken = form.told(known, {slot.name: offers[0].value}, spoken=False)
        given = tuple(name for name in taken.given if name != slot.name)  # the way back skips it
        return step.then(form.after(replace(taken, given=given)))
    if not offers and not slot.required:
        return step.then(form.after(known))
    return step if lacking else replace(step, state=known)


def _listed(
    form: Form, step: Step, service: Service, result: OperationResult, offers: tuple[Offer, ...]
) -> Step:
    """What the department has on record for this phone, or that it has nothing, and who helps."""
    if len(offers) == 1:
        return step.ending_with(
            form.say("number_by_phone", step.state, {"number": offers[0].title})
        )
    if offers:
        return step.ending_with(form.say("numbers_on_phone", step.state))
    state = replace(step.state, attempts=1)
    who = questions.lacking(form.catalogue, service, state)
    nothing = (form.say("number_not_on_phone", state),) if result.outcome == OK else ()
    return replace(step, state=state, next=STOP, replies=(*step.replies, *nothing, who))


def _offers(fields: Mapping[str, str]) -> tuple[Offer, ...]:
    values, titles, abouts = (
        fields.get(name, "").split("\n") for name in ("values", "titles", "abouts")
    )
    return tuple(Offer(*row) for row in zip(values, titles, abouts) if row[0])
