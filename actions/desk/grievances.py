"""Which grievances wait at the desk: those that their department's own system leaves without help.

A grievance is a write to its department, which answers it at once or later. `desk.yml` says after
which answers an officer of ours is needed too, and after which no more. A grievance has one request
at the desk, found by its number at the department.
"""

from __future__ import annotations

from collections.abc import Iterator

import regex

from actions.departments.journal import Write
from actions.departments.result import UNAVAILABLE, OperationResult
from actions.desk.place import Desk
from actions.desk.words import GrievanceRules
from actions.dialogue.steps import GRIEVANCE, Effect, Handover, NoLonger, ToPerson
from nlu.catalogue import Catalogue, Service
from nlu.turn import Reply

_NUMBER = {"number": "{number}"}


def effects(
    desk: Desk, write: Write, result: OperationResult, said: str, language: str, at: float
) -> tuple[Effect, ...]:
    """What an answer to a write means for the desk. `said` is what the citizen is answered. The
    same answer twice comes to the same. Blocks."""
    rules, service = desk.words.grievances, _service(desk.catalogue, write)
    if service is None or service.kind != rules.kind or service.operation != write.operation:
        return ()
    reference = _reference(desk.catalogue, write, result)
    why = _why(rules, service, result)
    if why is not None:
        record = _record(desk, write, service, reference, why, said, language, at)
        phrase = desk.words.say_of_grievance(why, language, _NUMBER)
        return (ToPerson(record, Reply(phrase, language=language)),)
    if result.outcome == UNAVAILABLE:
        return ()
    answered = [_request(write.context.request_id)]
    if reference and result.outcome in rules.answered:
        answered.append(_request(reference))
    over = desk.words.say("answered_by_department", language, _NUMBER)
    return (NoLonger(tuple(answered), Reply(over, language=language)),)


def _record(
    desk: Desk,
    write: Write,
    service: Service,
    reference: str,
    why: str,
    said: str,
    language: str,
    at: float,
) -> Handover:
    """With what was told when the grievance was registered, where that is known."""
    first = desk.registered(write.context.citizen, reference) if reference else None
    origin = first and _service(desk.catalogue, first)
    return Handover(
        request=_request(reference or write.context.request_id),
        service=origin.name if origin else service.name,
        values={**(first.values if first else {}), **write.values},
        asked="",
        attempts=0,
        why=why,
        last="",
        language=language,
        at=at,
        department=service.department,
        kind=GRIEVANCE,
        reference=reference,
        said=said,
        through=service.name,
    )


def _why(rules: GrievanceRules, service: Service, result: OperationResult) -> str | None:
    for one in rules.waits:
        fits = one.outcome == result.outcome and one.service in ("", service.name)
        if fits and (not one.reasons or result.reason in one.reasons):
            return one.why
    return None


def _request(known_by: str) -> str:
    """The name of a grievance's request; no nonce of the dialogue looks so."""
    return f"{GRIEVANCE}/{known_by}"


def _reference(catalogue: Catalogue, write: Write, result: OperationResult) -> str:
    """The number that the department gave the grievance; empty where none is known."""
    return next(references(catalogue, write, result), "")


def references(catalogue: Catalogue, write: Write, result: OperationResult | None) -> Iterator[str]:
    """What is a number of the department in its answer, and in what was told."""
    department = catalogue.departments.get(write.department)
    given = (*(result.fields.values() if result else ()), *write.values.values())
    for kind in department.numbers if department else ():
        for value in given:
            if kind.formats and regex.fullmatch(kind.pattern, value):
                yield value


def _service(catalogue: Catalogue, write: Write) -> Service | None:
    return catalogue.services.get(write.context.origin.service)
