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
from actions.dialogue import consent, display, one_time_code, outcome
from actions.dialogue.display import filled
from actions.dialogue.form import Form
from actions.dialogue.outcome import ENDED_BY, UNAVAILABLE, no_answer, words
from actions.dialogue.state import CHANGE, Heard, Offer, State
from actions.dialogue.steps import ASK, STOP, Step
from nlu.catalogue import Service
from nlu.turn import Button, Reply, payload

OK = "ok"
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
    return _ended(form, state, service, result)


async def perform(form: Form, state: State, heard: Heard, execute: Execute) -> Step:
    """The operation itself. A department that does not answer leaves the draft for a retry."""
    service = form.service(state)
    result = await execute(
        service.department,
        service.operation,
        state.values,
        state.nonce,
        state.language,
        Origin(service.name, state.lookup or {}),
        one_time_code.told(form, state, heard),
    )
    return _ended(form, replace(state, asked=None), service, result)


def _ended(form: Form, state: State, service: Service, result: OperationResult) -> Step:
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
    known = {**state.values, **result.fields}
    reply = Reply(
        text,
        outcome.buttons(catalogue, service, result.outcome, known, language),
        document=result.document,
        link=outcome.link(catalogue, service, result, language),
    )
    step = form.end(state, reply)
    done = result.outcome == OK and state.asked is None
    return consent.done(form, state, step, to_pay=reply.link is not None) if done else step


async def offered(form: Form, step: Step, execute: Execute) -> Step:
    """The step with the department's choices for the slot that it asks for; the only one there is
    is taken. Where the department has none it says why, and the citizen changes something; where it
    says nothing, or does not answer, they are asked in words, or not at all for what may be left
    out."""
    state = step.state
    slot = form.asked_slot(state) if step.next == ASK else None
    if slot is None or slot.name != state.asked or not slot.offered_by or slot.name in state.offers:
        return step
    if slot.name in state.values:  # to be changed
        return step
    service, language = form.service(state), state.language
    result = await execute(
        service.department,
        slot.offered_by,
        state.values,
        state.nonce,
        language,
        Origin(service.name),
        None,
    )
    offers = _offers(result.fields)
    words = service.replies.get(result.outcome) if result.outcome != OK else None
    if words is not None:
        shown = display.shown_values(service, state.values, language, form.catalogue)
        step = step.ending_with(Reply(filled(words, language, {**shown, **result.fields})))
        if not offers:
            return replace(step, state=replace(state, asked=CHANGE, page=0))
    known = replace(state, offers={**state.offers, slot.name: offers})
    if len(offers) == 1:
        taken = form.told(known, {slot.name: offers[0].value}, spoken=False)
        given = tuple(name for name in taken.given if name != slot.name)  # the way back skips it
        return step.then(form.after(replace(taken, given=given)))
    if not offers and not slot.required:
        return step.then(form.after(known))
    return replace(step, state=known)


def _offers(fields: Mapping[str, str]) -> tuple[Offer, ...]:
    values, titles, abouts = (
        fields.get(name, "").split("\n") for name in ("values", "titles", "abouts")
    )
    return tuple(Offer(*row) for row in zip(values, titles, abouts) if row[0])
