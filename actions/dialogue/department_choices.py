"""Choices that only the department knows, such as a citizen's own grievances."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from actions.departments import Origin
from actions.dialogue.form import Form
from actions.dialogue.perform import Execute
from actions.dialogue.state import Offer
from actions.dialogue.steps import ASK, Step


async def offered(form: Form, step: Step, execute: Execute) -> Step:
    """The step with the department's choices for the slot that it asks for; the only one there is
    is taken. Where the department gives none, or does not answer, the citizen is asked in words."""
    state = step.state
    slot = form.asked_slot(state) if step.next == ASK else None
    if slot is None or slot.name != state.asked or not slot.offered_by or slot.name in state.offers:
        return step
    if slot.name in state.values:  # to be changed
        return step
    service = form.service(state)
    result = await execute(
        service.department,
        slot.offered_by,
        state.values,
        state.nonce,
        state.language,
        Origin(service.name),
        None,
    )
    offers = _offers(result.fields)
    known = replace(state, offers={**state.offers, slot.name: offers})
    if len(offers) == 1:
        only = form.told(known, {slot.name: offers[0].value}, spoken=False)
        return step.then(form.after(only))
    return replace(step, state=known)


def _offers(fields: Mapping[str, str]) -> tuple[Offer, ...]:
    values, titles, abouts = (
        fields.get(name, "").split("\n") for name in ("values", "titles", "abouts")
    )
    return tuple(Offer(*row) for row in zip(values, titles, abouts) if row[0])
