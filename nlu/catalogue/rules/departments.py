"""Departments: their OpenAPI file and operations, and titles that citizens can tell apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import jmespath
import jmespath.exceptions
import regex
import yaml

from nlu.catalogue.department import Department, Operation
from nlu.catalogue.errors import Problem
from nlu.catalogue.rules.access import access_problems
from nlu.catalogue.rules.contract import Contract, contract_problems
from nlu.catalogue.rules.papers import paper_problems
from nlu.catalogue.rules.payments import payment_problems
from nlu.catalogue.rules.run import Run
from nlu.catalogue.rules.writes import write_problems
from nlu.catalogue.yaml_source import Source, did_you_mean


def department_problems(check: Run) -> Iterator[Problem]:
    """Every department."""
    menus: dict[tuple[str, str], str] = {}
    for department in check.catalogue.departments.values():
        for language, menu in department.menu.items():
            other = menus.setdefault((language, menu.casefold()), department.id)
            if other != department.id:
                what = f"the menu title `{menu}` is also that of {other}"
                mend = "make them different, so that citizens can tell the departments apart"
                yield check.at(department.file, "menu", language, what=what, mend=mend)
        for name in department.first:
            service = check.catalogue.services.get(name)
            if service is None or service.department != department.id:
                own = [s.name for s in check.catalogue.services.values()]
                what = f"`{name}` of `first` is no service of {department.id}"
                mend = did_you_mean(name, own)
                yield check.at(department.file, "first", what=what, mend=mend)
        yield from _numbers(check, department)
        yield from _operations(check, department)


def _numbers(check: Run, department: Department) -> Iterator[Problem]:
    """Kinds of numbers: patterns, and services that ask for such a number."""
    for kind in department.numbers:
        here = ("numbers", kind.name)
        try:
            regex.compile(kind.pattern)
        except regex.error as error:
            what = f"`{kind.pattern}` is no pattern: {error}"
            yield check.at(department.file, *here, "formats", what=what, mend="correct it")
        if kind.slot_type and kind.slot_type not in check.catalogue.slot_types:
            what = f"`{kind.slot_type}` is no type of slot"
            mend = did_you_mean(kind.slot_type, check.catalogue.slot_types)
            yield check.at(department.file, *here, "slot_type", what=what, mend=mend)
        listing = department.operations.get(kind.found_by)
        if kind.found_by and (listing is None or listing.kind != "read"):
            what = f"`{kind.found_by}` is no read of {department.id}"
            mend = did_you_mean(kind.found_by, department.operations)
            yield check.at(department.file, *here, "found_by", what=what, mend=mend)
        for wanted, name in kind.services.items():
            service = check.catalogue.services.get(name)
            if service is None:
                what, mend = f"`{name}` is no service", did_you_mean(name, check.catalogue.services)
            elif not any(slot.type.kind in ("code", "number") for slot in service.slots):
                what, mend = f"{name} asks for no number", "name another service, or remove it"
            else:
                continue
            yield check.at(department.file, *here, "services", wanted, what=what, mend=mend)


def _operations(check: Run, department: Department) -> Iterator[Problem]:
    file = department.file
    if department.openapi is None:
        return
    if not department.openapi.exists():
        what = f"the OpenAPI file {department.openapi} is missing"
        yield check.at(file, "openapi", what=what, mend="add it, or correct `openapi:`")
        return
    source = Source()
    known = _operation_ids(source, department.openapi)
    yield from source.problems
    contract = Contract.of(department) if known else None
    for name, operation in department.operations.items():
        here = ("operations", name)
        if known and name not in known:
            what = f"the operationId `{name}` is not in {department.openapi}"
            yield check.at(file, *here, what=what, mend=did_you_mean(name, known))
        if not operation.outcomes:
            what = f"`{name}` has no outcomes"
            mend = "add `outcomes:` with at least `{status: 200, outcome: ok}`"
            yield check.at(file, *here, what=what, mend=mend)
        if contract is not None:
            yield from contract_problems(check, department, contract, operation)
        yield from access_problems(check, department, operation)
        yield from write_problems(check, department, operation)
        yield from paper_problems(check, department, operation)
        yield from payment_problems(check, department, operation)
        for path, expression in _expressions(operation):
            try:
                jmespath.compile(expression)
            except jmespath.exceptions.JMESPathError:
                what = f"`{expression}` is not JMESPath"
                mend = "see https://jmespath.org, for instance `order.amount`"
                yield check.at(file, *here, *path, what=what, mend=mend)


def _expressions(operation: Operation) -> Iterator[tuple[tuple[str, ...], str]]:
    for name, expression in operation.result.items():
        yield ("result", name), expression
    for name, expression in (operation.document or {}).items():
        yield ("document", name), expression
    if operation.paper:
        for label, expression in operation.paper.values.items():
            yield ("document", "values", label), expression
        if operation.paper.filename:
            yield ("document", "filename"), operation.paper.filename
    for place, row in enumerate(operation.outcomes):
        if row.when:
            yield ("outcomes", str(place), "when"), row.when
    if operation.callback:
        yield ("callback", "reference"), operation.callback.reference


def _operation_ids(source: Source, openapi: Path) -> set[str]:
    """operationIds of the OpenAPI file; an unreadable file is among the source's problems."""
    top = source.read(openapi)
    paths = top.children().get("paths") if top else None
    if paths is None:
        if top:
            top.problem("this is no OpenAPI file: `paths` is missing", "add `paths:`")
        return set()
    found: set[str] = set()
    for methods in paths.children().values():
        for method in methods.children().values():
            if isinstance(method.node, yaml.MappingNode):
                operation = method.children().get("operationId")
                if operation:
                    found.add(operation.text())
    return found
