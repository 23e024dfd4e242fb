"""Reading OpenAPI 3.0: references, nullable, coercion; the seven documents themselves."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from actions.departments import load_departments
from actions.departments.openapi import Schema, load_openapi, read_openapi
from nlu.fast_yaml import load_yaml

DATA = Path(__file__).parents[2] / "data" / "departments"
DOCUMENTS = sorted((DATA / "openapi").glob("*.yml"))


def operation(schema: dict[str, Any]) -> Any:
    answer = {"content": {"application/json": {"schema": schema}}}
    paths = {"/x": {"get": {"operationId": "x", "responses": {"200": answer}}}}
    parts = {"schemas": {"Name": {"type": "string", "minLength": 1}}}
    return read_openapi({"paths": paths, "components": parts})["x"]


@pytest.mark.parametrize(
    ("schema", "value", "breach"),
    [
        ({"type": "string", "nullable": True}, None, None),
        ({"type": "string"}, None, "$ breaks type"),
        ({"type": "string", "enum": ["a"], "nullable": True}, None, None),
        ({"$ref": "#/components/schemas/Name"}, "", "$ breaks minLength"),
        ({"nullable": True, "allOf": [{"$ref": "#/components/schemas/Name"}]}, None, None),
        ({"type": "string", "format": "date"}, "2026-02-30", "$ breaks format"),
        ({"type": "string", "format": "date-time"}, "2026-02-28T10:00:00Z", None),
        ({"type": "string", "format": "uri"}, "javascript:alert(1)", "$ breaks format"),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, 0, "$ breaks minimum"),
    ],
)
def test_answer_is_checked_against_its_schema(
    schema: dict[str, Any], value: object, breach: str | None
) -> None:
    assert operation(schema).response_violation(200, value) == breach


def test_undocumented_status_is_a_breach() -> None:
    assert operation({}).response_violation(418, {}) == "status 418 is not documented"


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        ({"type": "integer"}, "4", 4),
        ({"type": "integer"}, "four", "four"),
        ({"type": "number"}, "845.50", 845.5),
        ({"type": "number"}, "845", 845),
        ({"type": "string"}, "0845", "0845"),
        ({"type": "boolean"}, "true", True),
        ({"properties": {"n": {"type": "integer"}}}, {"n": "4", "m": "4"}, {"n": 4, "m": "4"}),
        ({"items": {"type": "integer"}}, ["1", "2"], [1, 2]),
    ],
)
def test_text_takes_the_type_that_the_schema_wants(
    schema: dict[str, Any], text: object, value: object
) -> None:
    assert Schema(schema).coerce(text) == value


@pytest.mark.parametrize("path", DOCUMENTS, ids=[p.stem for p in DOCUMENTS])
def test_document_has_exactly_the_operations_of_the_department(path: Path) -> None:
    department = load_departments(DATA, {})[path.stem]
    assert set(load_openapi(path)) == set(department.operations)


@pytest.mark.parametrize("path", DOCUMENTS, ids=[p.stem for p in DOCUMENTS])
def test_example_fits_its_schema(path: Path) -> None:
    document = load_yaml(path.read_text(encoding="utf-8"))
    wrong = []
    for name, schema in document["components"]["schemas"].items():
        wrong += [f"{name}: {breach}" for breach in _breaches(schema, document)]
    assert wrong == []


def _breaches(schema: dict[str, Any], document: dict[str, Any]) -> list[str]:
    found = []
    if "example" in schema:
        bare = {k: v for k, v in schema.items() if k != "example"}
        answer = {"200": {"content": {"application/json": {"schema": bare}}}}
        paths = {"/x": {"get": {"operationId": "x", "responses": answer}}}
        api = read_openapi({"paths": paths, "components": document["components"]})["x"]
        breach = api.response_violation(200, schema["example"])
        found += [f"{schema['example']!r} {breach}"] if breach else []
    for child in [*schema.get("properties", {}).values(), schema.get("items")]:
        found += _breaches(child, document) if child else []
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=[p.stem for p in DOCUMENTS])
def test_every_leaf_has_an_example(path: Path) -> None:
    schemas = load_yaml(path.read_text(encoding="utf-8"))["components"]["schemas"]
    leaves = [leaf for name, s in schemas.items() for leaf in _leaves(name, s)]
    bare = [n for n, s in leaves if "Problem" not in n and not {"example", "$ref"} & set(s)]
    assert bare == []


def _leaves(name: str, schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    if "properties" in schema:
        pairs = schema["properties"].items()
        below = [leaf for key, child in pairs for leaf in _leaves(f"{name}.{key}", child)]
        return [] if "example" in schema else below
    if "items" in schema:
        return _leaves(f"{name}[]", schema["items"])
    return [(name, schema)]


@pytest.mark.parametrize("path", DOCUMENTS, ids=[p.stem for p in DOCUMENTS])
def test_write_asks_for_a_key_and_read_does_not(path: Path) -> None:
    department = load_departments(DATA, {})[path.stem]
    for name, api in load_openapi(path).items():
        keyed = any(p.name == "Idempotency-Key" and p.required for p in api.parameters)
        assert keyed is (department.operations[name].kind == "write"), name


@pytest.mark.parametrize("path", DOCUMENTS, ids=[p.stem for p in DOCUMENTS])
def test_outcome_rows_are_documented(path: Path) -> None:
    department = load_departments(DATA, {})[path.stem]
    text = path.read_text(encoding="utf-8")
    described = load_openapi(path)
    for name, operation in department.operations.items():
        # What is answered later is the answer of the read that is polled or called back as.
        ways = (name, *(w.operation for w in (operation.poll, operation.callback) if w))
        responses = {status for way in ways for status in described[way].responses}
        for row in operation.outcomes:
            assert str(row.status) in responses, (name, row)
            if row.code:
                assert re.search(rf"\b{row.code}\b", text), (name, row)
