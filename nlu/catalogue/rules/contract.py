"""Operations held against the department's OpenAPI file: what is sent, and what is read.

A mistake here shows only when a citizen asks: a path parameter of another name, a field that no
answer has, a function that does not exist. `seva check` names it with its line instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jinja2
import jmespath
import jmespath.exceptions
from jmespath import functions

from nlu.catalogue.department import Department, Operation
from nlu.catalogue.errors import Problem
from nlu.catalogue.rules.run import Run
from nlu.catalogue.yaml_source import did_you_mean
from nlu.fast_yaml import load_yaml

OWN_FUNCTIONS = ("date_text", "time_text", "datetime_text", "month_text", "money_text")
"""What `actions.departments.formats.TextFunctions` adds to JMESPath; a test compares the two."""
_FUNCTIONS = (*functions.Functions.FUNCTION_TABLE, *OWN_FUNCTIONS)
_METHODS = ("get", "put", "post", "delete", "patch")
_JINJA = jinja2.Environment()
Schemas = tuple[Mapping[str, Any], ...] | None
"""What a value may be; None where the document does not say."""


class Contract:
    """The OpenAPI document of a department, its references resolved where they are needed."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        self._calls = {
            call["operationId"]: (path, here, call)
            for path, here in (document.get("paths") or {}).items()
            for method, call in here.items()
            if method in _METHODS and "operationId" in call
        }

    @classmethod
    def of(cls, department: Department) -> Contract:
        """That of a department, which has a file that could be read."""
        assert department.openapi is not None
        return cls(load_yaml(department.openapi.read_text("utf-8")))

    def __contains__(self, operation: str) -> bool:
        return operation in self._calls

    def parameters(self, operation: str, where: str) -> dict[str, bool]:
        """Names of the parameters in `path`, `query` or `header`, and whether each is required."""
        _, here, call = self._calls[operation]
        both = [*here.get("parameters", ()), *call.get("parameters", ())]
        found = [self._resolved(one) for one in both]
        return {p["name"]: bool(p.get("required")) for p in found if p.get("in") == where}

    def body(self, operation: str) -> Schemas:
        """The body of the request; () where it takes none."""
        _, _, call = self._calls[operation]
        if "requestBody" not in call:
            return ()
        return self._content(self._resolved(call["requestBody"]))

    def answers(self, operation: str, statuses: Sequence[int]) -> Schemas:
        """The bodies that the answers of these statuses may have."""
        _, _, call = self._calls[operation]
        found: list[Mapping[str, Any]] = []
        for status in statuses:
            responses = call.get("responses", {})
            keys = (str(status), f"{status // 100}XX", "default")
            answer = next((responses[key] for key in keys if key in responses), None)
            some = self._content(self._resolved(answer)) if answer else ()
            if some is None:
                return None
            found += some
        return tuple(found)

    def member(self, schemas: Schemas, name: str) -> Schemas:
        """What the member `name` of such a value may be; () where no such value has it."""
        known = self.members(schemas)
        return None if known is None else known.get(name, ())

    def members(self, schemas: Schemas) -> dict[str, Schemas] | None:
        """The members of such a value; None where it may have any."""
        if schemas is None:
            return None
        found: dict[str, Schemas] = {}
        for schema in schemas:
            properties = schema.get("properties")
            if properties is None or schema.get("additionalProperties"):
                return None
            for name, inner in properties.items():
                some, before = self._alternatives(inner), found.get(name, ())
                found[name] = None if some is None or before is None else (*before, *some)
        return found

    def required(self, schemas: Schemas) -> frozenset[str]:
        """Members that each such value must have."""
        return frozenset.intersection(
            *(frozenset(schema.get("required", ())) for schema in schemas or ({},))
        )

    def items(self, schemas: Schemas) -> Schemas:
        """What the items of such a list may be."""
        found: list[Mapping[str, Any]] = []
        for schema in schemas or ():
            some = self._alternatives(schema["items"]) if "items" in schema else None
            if some is None:
                return None
            found += some
        return None if schemas is None else tuple(found)

    def _content(self, message: Mapping[str, Any]) -> Schemas:
        found: list[Mapping[str, Any]] = []
        for media in (message.get("content") or {}).values():
            some = self._alternatives(media.get("schema", {}))
            if some is None:
                return None
            found += some
        return tuple(found)

    def _alternatives(self, schema: Mapping[str, Any]) -> Schemas:
        """One schema, or those it may be, with its `allOf` merged into it."""
        plain = self._resolved(schema)
        choices = plain.get("oneOf") or plain.get("anyOf")
        if choices:
            found: list[Mapping[str, Any]] = []
            for one in choices:
                some = self._alternatives(one)
                if some is None:
                    return None
                found += some
            return tuple(found)
        merged = {**plain}
        for part in plain.get("allOf", ()):
            for one in self._alternatives(part) or ():
                properties = {**one.get("properties", {}), **merged.get("properties", {})}
                merged = {**one, **merged}
                if properties:
                    merged["properties"] = properties
        return (merged,)

    def _resolved(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        while "$ref" in node:
            found: Any = self._document
            for step in str(node["$ref"]).removeprefix("#/").split("/"):
                found = found.get(step, {}) if isinstance(found, Mapping) else {}
            node = found
        return node


def contract_problems(
    check: Run, department: Department, contract: Contract, operation: Operation
) -> Iterator[Problem]:
    """What an operation sends and reads that its description does not have."""
    if operation.name not in contract:
        return  # told already
    here = ("operations", operation.name)
    for path, what, mend in (
        *_templates(operation.request, ("request",)),
        *_sent(contract, operation),
        *_read(contract, operation),
    ):
        yield check.at(department.file, *here, *path, what=what, mend=mend)


Found = Iterator[tuple[tuple[str, ...], str, str]]
"""Path below the operation, what is wrong, how to mend it."""


def _templates(request: Any, path: tuple[str, ...]) -> Found:
    """Templates that Jinja cannot read, such as `{{ number }`."""
    if isinstance(request, Mapping):
        for name, inner in request.items():
            yield from _templates(inner, (*path, str(name)))
    elif isinstance(request, str):
        try:
            _JINJA.parse(request)
            alone = request.count("{{") != request.count("}}")
            told = "a brace without its partner" if alone else ""
        except jinja2.TemplateSyntaxError as error:
            told = str(error.message)
        if told:
            what = f"`{request}` is no template: {told}"
            yield path, what, 'write it as "{{ slot_name }}"'


def _sent(contract: Contract, operation: Operation) -> Found:
    for where in ("path", "query", "header"):
        declared = contract.parameters(operation.name, where)
        given = operation.request.get(where) or {}
        if where == "header":
            declared = {name: False for name in declared}  # language, key and sender are added
        yield from _names(("request", where), where, given, declared)
    members = contract.members(contract.body(operation.name))
    given = operation.request.get("body")
    if isinstance(given, Mapping) and members is not None:
        required = contract.required(contract.body(operation.name))
        declared = {name: name in required for name in members}
        yield from _names(("request", "body"), "body", given, declared)


def _names(
    path: tuple[str, ...], where: str, given: Mapping[str, Any], declared: Mapping[str, bool]
) -> Found:
    for name in given:
        if name not in declared and where != "header":
            what = f"`{name}` is not in the {where} of the OpenAPI file"
            yield (*path, name), what, did_you_mean(name, declared)
    for name, required in declared.items():
        if required and name not in given:
            what = f"the OpenAPI file wants `{name}` in the {where}"
            yield path, what, f"add `{name}:` under `{where}:`"


def _read(contract: Contract, operation: Operation) -> Found:
    every = sorted({row.status for row in operation.outcomes})
    good = [status for status in every if status < 400]
    answers = contract.answers(operation.name, good)
    for name, expression in operation.result.items():
        yield from _fields(contract, ("result", name), expression, answers)
    for name, expression in (operation.document or {}).items():
        yield from _fields(contract, ("document", name), expression, answers)
    if operation.paper:
        for label, expression in operation.paper.values.items():
            yield from _fields(contract, ("document", "values", label), expression, answers)
        if operation.paper.filename:
            named = operation.paper.filename
            yield from _fields(contract, ("document", "filename"), named, answers)
    for place, row in enumerate(operation.outcomes):
        if row.when:
            own = contract.answers(operation.name, [row.status])
            for later in (operation.poll, operation.callback):  # its answers end the write too
                asked = contract.answers(later.operation, [row.status]) if later else ()
                own = None if own is None or asked is None else (*own, *asked)
            yield from _fields(contract, ("outcomes", str(place), "when"), row.when, own)


def _fields(contract: Contract, path: tuple[str, ...], expression: str, answers: Schemas) -> Found:
    try:
        tree = jmespath.compile(expression).parsed
    except jmespath.exceptions.JMESPathError:
        return  # told already
    wrong: list[tuple[str, str]] = []
    _walk(contract, tree, answers, wrong)
    for what, mend in wrong:
        yield path, f"{what} in `{expression}`", mend


def _walk(
    contract: Contract, node: Mapping[str, Any], schemas: Schemas, wrong: list[tuple[str, str]]
) -> Schemas:
    """What the expression gives on such a value; None where that is not known."""
    kind, children = node["type"], node.get("children", ())
    if kind == "field":
        name = node["value"]
        found = contract.member(schemas, name)
        if found == ():
            known = contract.members(schemas) or {}
            wrong.append((f"no answer has the field `{name}`", did_you_mean(name, known)))
            return None
        return found
    if kind in ("current", "identity"):
        return schemas
    if kind in ("subexpression", "pipe"):
        for child in children:
            schemas = _walk(contract, child, schemas, wrong)
        return schemas
    if kind == "index_expression":
        left, right = children
        items = contract.items(_walk(contract, left, schemas, wrong))
        return items if right["type"] == "index" else None
    if kind in ("projection", "flatten"):
        inside = _walk(contract, children[0], schemas, wrong)
        items = None if kind == "flatten" else contract.items(inside)
        if len(children) > 1 and children[0]["type"] != "index_expression":
            _walk(contract, children[1], items, wrong)
        return None
    if kind == "filter_projection":
        items = contract.items(_walk(contract, children[0], schemas, wrong))
        for child in children[1:]:
            _walk(contract, child, items, wrong)
        return None
    if kind == "function_expression":
        if node["value"] not in _FUNCTIONS:
            mend = did_you_mean(node["value"], _FUNCTIONS)
            wrong.append((f"there is no function `{node['value']}`", mend))
        for child in children:
            if child["type"] != "expref":
                _walk(contract, child, schemas, wrong)
        return None
    for child in children:  # of an `or`, a comparison, a list: each is read from the same value
        _walk(contract, child, schemas, wrong)
    return None
