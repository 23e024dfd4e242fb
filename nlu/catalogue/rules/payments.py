"""Operations that ask for money: what follows the payment exists and fits."""

from __future__ import annotations

from collections.abc import Iterator

from nlu.catalogue.department import Department, Operation
from nlu.catalogue.errors import Problem
from nlu.catalogue.rules.run import Run
from nlu.catalogue.yaml_source import did_you_mean

CITIZEN = "citizen"
"""Beside slots in `once_for`: an order is then one citizen's own."""


def payment_problems(check: Run, department: Department, operation: Operation) -> Iterator[Problem]:
    """One operation."""
    payment = operation.payment
    if payment is None:
        return

    def at(*path: str, what: str, mend: str) -> Problem:
        here = ("operations", operation.name, "payment")
        return check.at(department.file, *here, *path, what=what, mend=mend)

    if operation.kind != "write":
        what = "`payment` is only for writes"
        yield at(what=what, mend="remove it, or write `kind: write`")
    gateways = {file.stem for file in (check.catalogue.root / "gateways").glob("*.yml")}
    if payment.gateway not in gateways:
        what = f"there is no gateway `{payment.gateway}`"
        yield at("gateway", what=what, mend=did_you_mean(payment.gateway, gateways))
    for key in ("order", "amount", "link", *(["until"] if payment.until else [])):
        name = getattr(payment, key)
        if name not in operation.result:
            what = f"`{name}` is no field of the `result` of `{operation.name}`"
            yield at(key, what=what, mend=did_you_mean(name, list(operation.result)))
    if not payment.once_for:
        what = "`once_for` is empty: one payment would stand for all"
        yield at("once_for", what=what, mend="name the slots that tell one bill from another")
    for service in check.catalogue.services.values():
        if (service.department, service.operation) != (department.id, operation.name):
            continue
        slots = [CITIZEN, *(slot.name for slot in service.slots)]
        for name in payment.once_for:
            if name not in slots:
                what = f"`{name}` is no slot of {service.name}"
                yield at("once_for", what=what, mend=did_you_mean(name, slots))
        known = [*operation.result, *slots]
        if payment.reference not in known:
            what = f"`{payment.reference}` is neither a field of the `result` nor a slot"
            yield at("reference", what=what, mend=did_you_mean(payment.reference, known))
    yield from _asked(check, department, operation, "booked", "read")
    if payment.book is not None:
        yield from _asked(check, department, operation, "book", "write")
    if payment.ticket is not None:
        yield from _asked(check, department, operation, "ticket", "read")


def _asked(
    check: Run, department: Department, operation: Operation, key: str, kind: str
) -> Iterator[Problem]:
    """The operation that asks, or tells, about the payment."""
    here = (department.file, "operations", operation.name, "payment", key)
    block = getattr(operation.payment, key)
    asked = department.operations.get(block.operation)
    if asked is None or asked.kind != kind:
        fitting = [n for n, other in department.operations.items() if other.kind == kind]
        what = f"`{block.operation}` is no {kind} of {department.id}"
        yield check.at(*here, "operationId", what=what, mend=did_you_mean(block.operation, fitting))
        return
    if kind == "write" and not asked.idempotent:
        what = f"`{block.operation}` cannot be told twice"
        yield check.at(*here, what=what, mend="remove `book:`: the money is given back instead")
    outcomes = [row.outcome for row in asked.outcomes]
    for part in ("booked", "not_booked"):
        for outcome in getattr(block, part, ()):
            if outcome not in outcomes:
                what = f"`{outcome}` is no outcome of `{block.operation}`"
                yield check.at(*here, part, what=what, mend=did_you_mean(outcome, outcomes))
