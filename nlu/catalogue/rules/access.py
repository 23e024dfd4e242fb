"""Who may use an operation: what asks for a code has somebody there to be asked."""

from __future__ import annotations

from collections.abc import Iterator

from nlu.catalogue.department import Department, Operation
from nlu.catalogue.errors import Problem
from nlu.catalogue.rules.run import Run

OUTCOMES = frozenset(
    {
        "code_needed",
        "code_wrong",
        "code_over",
        "no_number",
        "no_sender",
        "too_many",
        "missed_too_often",
    }
)
"""Outcomes that every operation but a public one has beside its own; Seva words them itself."""
_FOLLOWED = ("status_query", "poll", "callback")


def access_problems(check: Run, department: Department, operation: Operation) -> Iterator[Problem]:
    """One operation."""
    here = (department.file, "operations", operation.name)
    if operation.access not in ("", "public") and "sender" not in department.settings:
        what = f"`{operation.name}` is `{operation.access}`, but no header says who asks"
        mend = "add `sender: {phone: X-Citizen-Phone, code: X-Citizen-Code}` to defaults.yml"
        yield check.at(*here, "access", what=what, mend=mend)
    for place, row in enumerate(operation.outcomes):
        if row.outcome in OUTCOMES:
            what = f"`{row.outcome}` is an outcome of Seva's own"
            mend = "remove the row: docs/departments.md says what a department answers"
            yield check.at(*here, "outcomes", str(place), "outcome", what=what, mend=mend)
    for key, name in _asked_later(operation):
        asked = department.operations.get(name)
        if asked is not None and asked.access == "code":
            what = f"`{name}` wants a code, but asked after `{operation.name}` nobody is there"
            yield check.at(*here, key, what=what, mend=f"write `access: owner` in `{name}`")
        elif asked is not None and asked.access == "public" and operation.access != "public":
            what = f"`{name}` tells anybody what `{operation.name}` ({operation.access}) answered"
            yield check.at(*here, key, what=what, mend=f"write `access: owner` in `{name}`")
    for service in check.catalogue.services.values():
        if service.department != department.id:
            continue
        for place, slot in enumerate(service.slots):
            if slot.offered_by == operation.name and operation.access == "code":
                what = f"`{operation.name}` wants a code before there is a request"
                mend = f"write `access: owner` in `{operation.name}` ({department.file})"
                path = ("slots", str(place), "offered_by")
                yield check.at(service.file, *path, what=what, mend=mend)


def _asked_later(operation: Operation) -> Iterator[tuple[str, str]]:
    """What is called for a write while the citizen is away: key of the YAML, and operation."""
    for key in _FOLLOWED:
        asked = getattr(operation, key)
        if asked is not None:
            yield key, asked.operation
    payment = operation.payment
    if payment is not None:
        yield "payment", payment.booked.operation
        if payment.book is not None:
            yield "payment", payment.book.operation
