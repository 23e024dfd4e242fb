"""Runs a service's operation and words its outcome."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace

from actions.departments import OperationResult
from actions.dialogue import display
from actions.dialogue.form import cleared
from actions.dialogue.say import Button, Say, filled, payload
from actions.dialogue.state import State
from nlu.catalogue import Catalogue, Service

OK = "ok"
UNAVAILABLE = "unavailable"
Execute = Callable[[str, str, Mapping[str, str], str, str], Awaitable[OperationResult]]
"""(department, operation, values, request_id, language) -> result."""


async def look_up(state: State, catalogue: Catalogue, execute: Execute) -> tuple[State, Say | None]:
    """The read before a confirmation. Another outcome than ok ends the service with its reply."""
    service = catalogue.services[state.service or ""]
    if service.lookup is None or state.lookup is not None:
        return state, None
    result = await execute(
        service.department, service.lookup, state.values, state.nonce, state.language
    )
    if result.outcome == OK:
        return replace(state, lookup=result.fields), None
    return _ended(state, service, result, catalogue)


async def perform(state: State, catalogue: Catalogue, execute: Execute) -> tuple[State, Say]:
    """The operation itself. A department that does not answer leaves the draft for a retry."""
    service = catalogue.services[state.service or ""]
    result = await execute(
        service.department, service.operation, state.values, state.nonce, state.language
    )
    return _ended(state, service, result, catalogue)


def _ended(
    state: State, service: Service, result: OperationResult, catalogue: Catalogue
) -> tuple[State, Say]:
    language = state.language
    department = catalogue.departments[service.department].title[language]
    if result.outcome == UNAVAILABLE:
        words = catalogue.phrases["unavailable_saved"]
        retry = Button(
            catalogue.phrases["retry_button"][language],
            payload("answer", value="retry", nonce=state.nonce),
        )
        text = filled(words, language, {"department": department})
        return replace(state, asked=None, attempts=0), Say(text, (retry,))
    fields = {
        **(state.lookup or {}),
        **display.shown_values(service, state.values, language, catalogue),
        **result.fields,
    }
    text = filled(service.replies[result.outcome], language, fields)
    document = result.document
    return cleared(state), Say(
        text,
        document_url=document.url if document else None,
        document_name=document.filename if document else None,
    )
