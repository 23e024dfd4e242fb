"""Services: their department and operation, a reply per outcome, confirmation, neighbours."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from nlu.catalogue.department import Department, Operation
from nlu.catalogue.errors import Problem
from nlu.catalogue.model import CONFIRMED_KINDS, Service
from nlu.catalogue.rules.run import Run
from nlu.catalogue.yaml_source import did_you_mean

ALWAYS_KNOWN = frozenset({"citizen", "request_id", "language"})
"""Names that every request template may use beside the slots."""

_TEMPLATE_NAME = re.compile(r"\{\{-?\s*([A-Za-z_][A-Za-z0-9_]*)")


def service_problems(check: Run) -> Iterator[Problem]:
    """Every service."""
    menus: dict[tuple[str, str, str], str] = {}
    for service in check.catalogue.services.values():
        yield from _named(check, service)
        for language, menu in service.menu.items():
            key = (service.department, language, menu.casefold())
            other = menus.setdefault(key, service.name)
            if other != service.name:
                what = f"the menu title `{menu}` is also that of {other}"
                mend = "make them different, so that citizens can tell the two apart"
                yield check.at(service.file, "menu", language, what=what, mend=mend)
        department = check.catalogue.departments.get(service.department)
        if department is None and service.department not in {f.stem for f in check.broken}:
            what = f"unknown department `{service.department}`"
            mend = did_you_mean(service.department, check.catalogue.departments)
            yield check.at(service.file, "department", what=what, mend=mend)
        elif department:
            yield from _operation(check, service, department)


def _named(check: Run, service: Service) -> Iterator[Problem]:
    file = service.file
    if service.department != file.parent.name:
        what = f"the department is `{service.department}` but the folder is `{file.parent.name}`"
        mend = f"write `department: {file.parent.name}`, or move the file"
        yield check.at(file, "department", what=what, mend=mend)
    if service.name in check.catalogue.conversation:
        what = f"`{service.name}` is also a conversation intent"
        yield check.at(file, "service", what=what, mend="give the service another name")
    if service.kind in CONFIRMED_KINDS and not service.confirm:
        what = f"a service of kind {service.kind} must ask before it acts"
        path = "confirm" if (file, ("confirm",)) in check.catalogue.positions else "kind"
        yield check.at(file, path, what=what, mend="write `confirm: true`")
    if service.confirm_text and not service.confirm:
        what = "`confirm_text` is never said, because `confirm` is not true"
        yield check.at(file, "confirm_text", what=what, mend="write `confirm: true` or remove it")
    everyone = {*check.catalogue.services, *(f.stem for f in check.broken)}
    for outcome, names in service.follow_ups.items():
        for name in (name for name in names if name not in everyone):
            what = f"unknown service `{name}` after `{outcome}`"
            mend = did_you_mean(name, everyone)
            yield check.at(file, "follow_ups", outcome, what=what, mend=mend)
    known = everyone - {service.name}
    for name in service.neighbours:
        if name not in known:
            what = f"unknown neighbour `{name}`"
            mend = did_you_mean(name, known)
            yield check.at(file, "neighbours", what=what, mend=mend)


def _operation(check: Run, service: Service, department: Department) -> Iterator[Problem]:
    expected: set[str] = set()
    complete = True
    if service.operation is None:
        expected = {"ok"}
        asks = [part for part in ("slots", "lookup", "confirm") if getattr(service, part)]
        if service.kind != "info" or asks:
            part = asks[0] if asks else "kind"
            what = "a service without `operation` answers everybody the same"
            mend = "add `operation:`, or be of kind info without slots, lookup and confirm"
            yield check.at(service.file, part, what=what, mend=mend)
    for part, name in (("operation", service.operation), ("lookup", service.lookup)):
        if name is None:
            continue
        operation = department.operations.get(name)
        if operation is None:
            complete = False
            what = f"{department.id} has no operation `{name}`"
            mend = f"{did_you_mean(name, department.operations)} ({department.file})"
            yield check.at(service.file, part, what=what, mend=mend)
            continue
        outcomes = {row.outcome for row in operation.outcomes}
        expected |= outcomes - {"ok"} if part == "lookup" else outcomes
        yield from _lookup_and_request(check, service, part, operation)
    for place, slot in enumerate(service.slots):
        offers = slot.offered_by and department.operations.get(slot.offered_by)
        if slot.offered_by and (not offers or offers.kind != "read"):
            reads = [name for name, one in department.operations.items() if one.kind == "read"]
            what = f"`{slot.offered_by}` is no read of {department.id}"
            mend = did_you_mean(slot.offered_by, reads)
            yield check.at(service.file, "slots", str(place), "offered_by", what=what, mend=mend)
        elif offers:
            expected |= {row.outcome for row in offers.outcomes} - {"ok"}
            yield from _lookup_and_request(check, service, "slots", offers)
        if slot.volunteered and slot.required:
            what = f"`{slot.name}` is required and never asked for"
            path = ("slots", str(place), "volunteered")
            yield check.at(service.file, *path, what=what, mend="write `required: false`")
    if complete:
        yield from _replies(check, service, department, expected)
        for outcome in sorted(service.follow_ups.keys() - expected):
            what = f"`follow_ups` of `{outcome}`, which is no outcome of the operation"
            mend = did_you_mean(outcome, expected)
            yield check.at(service.file, "follow_ups", outcome, what=what, mend=mend)


def _lookup_and_request(
    check: Run, service: Service, part: str, operation: Operation
) -> Iterator[Problem]:
    if part == "lookup" and operation.kind != "read":
        what = f"the lookup `{operation.name}` is not a read"
        yield check.at(service.file, part, what=what, mend="look up with an operation that reads")
    known = {slot.name for slot in service.slots} | ALWAYS_KNOWN
    for name in sorted(_template_names(operation.request) - known):
        what = f"`{operation.name}` sends `{{{{ {name} }}}}`, which is no slot of this service"
        mend = f"{did_you_mean(name, known)}, or add the slot"
        yield check.at(service.file, part, what=what, mend=mend)


def _template_names(request: Any) -> set[str]:
    if isinstance(request, str):
        return set(_TEMPLATE_NAME.findall(request))
    parts = request.values() if isinstance(request, dict) else request
    return set().union(*map(_template_names, parts)) if isinstance(request, (dict, list)) else set()


def _replies(
    check: Run, service: Service, department: Department, expected: set[str]
) -> Iterator[Problem]:
    for outcome in sorted(expected - service.replies.keys()):
        what = f"there is no reply for the outcome `{outcome}`"
        mend = f"add `{outcome}:` under `replies:` ({department.file} lists the outcomes)"
        yield check.at(service.file, "replies", what=what, mend=mend)
    for outcome in sorted(service.replies.keys() - expected):
        what = f"the reply `{outcome}` is for no outcome of the operation"
        yield check.at(
            service.file, "replies", outcome, what=what, mend=did_you_mean(outcome, expected)
        )
