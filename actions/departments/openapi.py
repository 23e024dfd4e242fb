"""The part of an OpenAPI 3.0 document that the connector needs: find, coerce, check."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import jsonschema

from nlu.fast_yaml import load_yaml

_METHODS = ("get", "put", "post", "delete", "patch")
_FORMATS = jsonschema.FormatChecker(formats=())


def _is_date(value: object) -> bool:
    return not isinstance(value, str) or bool(datetime.date.fromisoformat(value))


def _is_datetime(value: object) -> bool:
    if not isinstance(value, str):
        return True
    return bool(datetime.datetime.fromisoformat(value.replace("Z", "+00:00")))


def _is_uri(value: object) -> bool:
    return not isinstance(value, str) or value.startswith(("http://", "https://"))


_FORMATS.checks("date", raises=ValueError)(_is_date)
_FORMATS.checks("date-time", raises=ValueError)(_is_datetime)
_FORMATS.checks("uri")(_is_uri)


@dataclass(frozen=True)
class Schema:
    """One JSON schema of the document: references resolved, `nullable` as plain JSON schema."""

    raw: Mapping[str, Any]

    def violation(self, value: object) -> str | None:
        """Where and by which rule `value` breaks the schema; without the value itself."""
        # OpenAPI 3.0 schemas are draft 4 with small changes (boolean exclusiveMinimum).
        validator = jsonschema.Draft4Validator(dict(self.raw), format_checker=_FORMATS)
        error = next(iter(validator.iter_errors(value)), None)
        return None if error is None else f"{error.json_path} breaks {error.validator}"

    def coerce(self, value: object) -> object:
        """Rendered text as the type that the schema wants, so that YAML needs no casts."""
        if isinstance(value, Mapping):
            properties = self.raw.get("properties", {})
            return {k: Schema(properties.get(k, {})).coerce(v) for k, v in value.items()}
        if isinstance(value, list):
            return [Schema(self.raw.get("items", {})).coerce(item) for item in value]
        return _typed(value, self.raw.get("type")) if isinstance(value, str) else value


def _typed(text: str, kind: object) -> object:
    """The value that `text` is in JSON; the text itself where that would change it."""
    kinds = kind if isinstance(kind, list) else [kind]
    if "integer" in kinds and _INTEGER.fullmatch(text):
        return int(text)
    if "number" in kinds and _NUMBER.fullmatch(text):
        number = float(text)
        if number.is_integer() and abs(number) < _EXACT:
            return int(number)
        # Digits that a float cannot hold would arrive as other digits.
        return number if Decimal(repr(number)) == Decimal(text) else text
    if "boolean" in kinds and text in ("true", "false"):
        return text == "true"
    return text  # the schema check says what is wrong


# Not what `int()` and `float()` take: `1_000`, other scripts' digits and `nan` are no JSON.
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_EXACT = 2.0**53


@dataclass(frozen=True)
class Parameter:
    """A path, query or header parameter."""

    name: str
    where: str
    required: bool
    schema: Schema


@dataclass(frozen=True)
class ApiOperation:
    """One operationId: where it is and what goes in and comes out."""

    method: str
    path: str
    parameters: tuple[Parameter, ...]
    body: Schema | None
    responses: Mapping[str, Schema | None]

    def request_violation(
        self, values: Mapping[str, Mapping[str, str]], body: object
    ) -> str | None:
        """The first breach of the request, `values` being where -> name -> text."""
        declared = {(p.where, p.name.lower()): p for p in self.parameters}
        for (where, name), parameter in declared.items():
            value = {k.lower(): v for k, v in values.get(where, {}).items()}.get(name)
            if value is None:
                if parameter.required:
                    return f"{where} {name} is missing"
                continue
            breach = parameter.schema.violation(parameter.schema.coerce(value))
            if breach:
                return f"{where} {name}: {breach}"
        for where in ("path", "query"):
            for name in values.get(where, {}):
                if (where, name.lower()) not in declared:
                    return f"{where} {name} is not declared"
        if self.body is None:
            return "a body is not declared" if body is not None else None
        return self.body.violation(body)

    def response_violation(self, status: int, body: object) -> str | None:
        """The first breach of an answer; an undocumented status is one."""
        for key in (str(status), f"{status // 100}XX", "default"):
            if key in self.responses:
                schema = self.responses[key]
                return None if schema is None else schema.violation(body)
        return f"status {status} is not documented"


def load_openapi(path: Path) -> Mapping[str, ApiOperation]:
    """The operations of the document at `path`, by operationId."""
    return _operations(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=64)
def _operations(text: str) -> Mapping[str, ApiOperation]:
    """Reading a document takes 50 ms; connector, sandbox and checks read the same ones."""
    return MappingProxyType(read_openapi(load_yaml(text)))


def read_openapi(document: Mapping[str, Any]) -> dict[str, ApiOperation]:
    """The operations of a parsed OpenAPI 3.0 document, by operationId."""
    plain = _resolved(document, document, ())
    operations = {}
    for path, item in plain["paths"].items():
        for method in _METHODS:
            if method in item:
                shared = item.get("parameters", [])
                operation = item[method]
                operations[operation["operationId"]] = _operation(path, method, operation, shared)
    return operations


def _operation(
    path: str, method: str, raw: Mapping[str, Any], shared: list[Mapping[str, Any]]
) -> ApiOperation:
    parameters = tuple(
        Parameter(p["name"], p["in"], bool(p.get("required")), Schema(p.get("schema", {})))
        for p in [*shared, *raw.get("parameters", [])]
    )
    body = _json_schema(raw.get("requestBody"))
    responses = {str(status): _json_schema(answer) for status, answer in raw["responses"].items()}
    return ApiOperation(method.upper(), path, parameters, body, responses)


def _json_schema(holder: Mapping[str, Any] | None) -> Schema | None:
    for media, content in (holder or {}).get("content", {}).items():
        if media.split(";")[0].endswith("json"):
            return Schema(content.get("schema", {}))
    return None


def _resolved(node: Any, document: Mapping[str, Any], trail: tuple[str, ...]) -> Any:
    """`node` with local references put in place and `nullable` rewritten (3.0 -> JSON schema)."""
    if isinstance(node, list):
        return [_resolved(item, document, trail) for item in node]
    if not isinstance(node, Mapping):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str):
        if not reference.startswith("#/"):
            raise ValueError(f"only local references are read: {reference}")
        if reference in trail:
            raise ValueError(f"recursive schemas are not read: {reference}")
        target: Any = document
        for part in reference[2:].split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        return _resolved(target, document, (*trail, reference))
    plain = {k: _resolved(v, document, trail) for k, v in node.items() if k not in _NOT_SCHEMA}
    return _nullable(plain) if plain.get("nullable") is True else plain


_NOT_SCHEMA = ("example", "examples")


def _nullable(schema: dict[str, Any]) -> dict[str, Any]:
    shimmed = {key: value for key, value in schema.items() if key != "nullable"}
    if "type" not in shimmed:
        return {"anyOf": [shimmed, {"type": "null"}]}
    if isinstance(shimmed["type"], str):
        shimmed["type"] = [shimmed["type"], "null"]
    if "enum" in shimmed and None not in shimmed["enum"]:
        shimmed["enum"] = [*shimmed["enum"], None]
    return shimmed
