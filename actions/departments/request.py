"""Builds the HTTP request of an operation from its YAML templates and the citizen's values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import SandboxedEnvironment

from actions.departments.openapi import ApiOperation
from actions.departments.result import CallFailed
from nlu.catalogue.department import Operation

_JINJA = SandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
IDEMPOTENCY_KEY = "Idempotency-Key"


@dataclass(frozen=True)
class RequestParts:
    """A request that fits the OpenAPI document; `path` is below the department's base URL, and
    `template` is the same without values."""

    method: str
    path: str
    template: str
    query: dict[str, str]
    headers: dict[str, str]
    body: object | None


@dataclass(frozen=True)
class Origin:
    """What calls and later answers need of the request: its service, the fields of its look-up, the
    sender's number as WhatsApp verified it, where the lane itself does not have it, the
    `traceparent` of the call, and the id of the model that answered."""

    service: str = ""
    lookup: Mapping[str, str] = field(default_factory=dict)
    phone: str = ""
    trace: str = ""
    model: str = ""


NO_SERVICE = Origin()


@dataclass(frozen=True)
class Context:
    """Who asks and in which language; templates see these beside the slot values, but `origin`."""

    citizen: str
    request_id: str
    language: str
    origin: Origin = NO_SERVICE


class RequestBuilder:
    """The compiled templates of one operation."""

    def __init__(self, operation: Operation, api: ApiOperation) -> None:
        self._api = api
        self._write = operation.kind == "write"
        self._templates = _compiled(dict(operation.request))

    def build(
        self, values: Mapping[str, str], context: Context, sender: Mapping[str, str] | None = None
    ) -> RequestParts:
        """The request, or `CallFailed("request")`: then nothing may be sent. `sender`: headers of
        ours, which no template changes."""
        names = {
            **values,
            "citizen": context.citizen,
            "request_id": context.request_id,
            "language": context.language,
        }
        try:
            rendered = _rendered(self._templates, names)
        except TemplateError as error:
            raise CallFailed("request", f"template: {type(error).__name__}") from error
        if not all(map(_can_be_sent, _texts(rendered))):
            raise CallFailed("request", "a value holds what no text holds")
        path: dict[str, str] = rendered.get("path", {})
        headers = {"Accept-Language": context.language, **rendered.get("header", {})}
        headers.update(sender or {})
        if self._write:
            headers[IDEMPOTENCY_KEY] = context.request_id
        body = self._body(rendered.get("body"))
        query = rendered.get("query", {})
        breach = self._api.request_violation(
            {"path": path, "query": query, "header": headers}, body
        )
        if breach is None and not all(_plain_header(value) for value in headers.values()):
            breach = "a header value is not plain ASCII"
        if breach:
            raise CallFailed("request", breach)
        where = self._path(path), self._api.path
        return RequestParts(self._api.method, *where, query, headers, body)

    def _body(self, rendered: object | None) -> object | None:
        if self._api.body is None or rendered is None:
            return rendered
        return self._api.body.coerce(rendered)

    def _path(self, values: Mapping[str, str]) -> str:
        path = self._api.path
        for name, value in values.items():
            if _climbs(value):
                raise CallFailed("request", f"path {name} has a dot segment")
            path = path.replace("{" + name + "}", quote(value, safe=""))
        return path


def _climbs(value: str) -> bool:
    """Whether a server that decodes once more, or folds full-width signs, would leave the path."""
    plain = unquote(unicodedata.normalize("NFKC", unquote(value)))
    return any(part.strip() in (".", "..") for part in _SEPARATORS.split(plain))


_SEPARATORS = re.compile(r"[/\\;]")


def _can_be_sent(text: str) -> bool:
    """No NUL and no half of a surrogate pair: neither is text to the systems behind."""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


def _texts(node: Any) -> Iterator[str]:
    """Every text of a rendered tree."""
    if isinstance(node, Mapping):
        for value in node.values():
            yield from _texts(value)
    elif isinstance(node, list):
        for value in node:
            yield from _texts(value)
    elif isinstance(node, str):
        yield node


def _plain_header(value: str) -> bool:
    return value.isascii() and value.isprintable()


def _compiled(node: Any) -> Any:
    """The YAML tree with every text compiled; other leaves are constants."""
    if isinstance(node, Mapping):
        return {key: _compiled(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_compiled(value) for value in node]
    return _template(node) if isinstance(node, str) else node


@lru_cache(maxsize=4096)
def _template(text: str) -> Template:
    """Most templates are the same in many operations; to compile one takes half a millisecond."""
    return _JINJA.from_string(text)


def _rendered(node: Any, names: Mapping[str, str]) -> Any:
    """The tree with values in place; a member that renders to nothing is left out."""
    if isinstance(node, Mapping):
        pairs = ((key, _rendered(value, names)) for key, value in node.items())
        return {key: value for key, value in pairs if value != ""}
    if isinstance(node, list):
        return [_rendered(value, names) for value in node]
    return node.render(names).strip() if hasattr(node, "render") else node
