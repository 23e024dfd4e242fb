"""Reads `departments/*.yml`: how each department's computers are reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nlu.catalogue.model import (
    ACCESS,
    OPERATION_KINDS,
    Department,
    Languages,
    Operation,
    Outcome,
    StatusQuery,
    Timeouts,
    Variable,
)
from nlu.catalogue.papers import is_paper, read_paper
from nlu.catalogue.payments import read_payment
from nlu.catalogue.writes import read_callback, read_poll, read_status_query
from nlu.catalogue.yaml_source import Node, Source

DEFAULTS = "defaults.yml"
"""Not a department: what every department gets unless its own file says otherwise."""

_REQUIRED = ("department", "title", "menu", "openapi", "base_url", "auth", "operations")


_POLICY = {
    "access": "say who may use it: `access: public`, `owner` or `code`, see docs/departments.md",
    "because": 'say why in one short sentence: `because: "the bill names its owner"`',
}


def read_departments(
    source: Source, folder: Path, files: Iterable[Path], languages: Languages
) -> dict[str, Department]:
    """Every department file of the folder, merged over `defaults.yml`."""
    defaults_node = source.read(folder / DEFAULTS) if (folder / DEFAULTS).exists() else None
    defaults = defaults_node.children() if defaults_node else {}
    found: dict[str, Department] = {}
    for file in files:
        top = source.read(file)
        department = _department(top, defaults, languages) if top else None
        if department:
            found[department.id] = department
    return found


def _department(top: Node, defaults: Mapping[str, Node], languages: Languages) -> Department | None:
    optional = {"helpline", "first", "timeouts", "callbacks", "status_query", *defaults}
    fields = top.fields(_REQUIRED, sorted(optional))
    if not set(_REQUIRED) <= fields.keys():
        return None
    name = fields["department"].text()
    if name != top.file.stem:
        fields["department"].problem(
            f"the department is `{name}` but the file is `{top.file.name}`",
            f"write `department: {top.file.stem}`, or rename the file",
        )
    timeouts = fields.get("timeouts") or defaults.get("timeouts")
    if timeouts is None:
        top.problem("`timeouts` is missing", "add `timeouts: {connect: 2, read: 5, total: 15}`")
    query = read_status_query(fields.get("status_query"))
    own = {key: node.plain() for key, node in fields.items()}
    return Department(
        id=name,
        title=fields["title"].words(languages.reply),
        menu=fields["menu"].words(languages.reply),
        helpline=fields["helpline"].text() if "helpline" in fields else None,
        first=tuple(n.text() for n in fields["first"].items()) if "first" in fields else (),
        openapi=top.file.parent / fields["openapi"].text(),
        base_url=_variable(fields["base_url"]),
        auth=_mapping(fields["auth"]),
        timeouts=_timeouts(timeouts) if timeouts else Timeouts(1, 1, 1),
        operations={
            key: _operation(key, node, query)
            for key, node in fields["operations"].children().items()
        },
        settings=_merged({key: node.plain() for key, node in defaults.items()}, own),
        file=top.file,
    )


def _variable(node: Node) -> Variable:
    fields = node.fields(("env", "default"))
    if len(fields) < 2:
        return Variable("", "")
    return Variable(fields["env"].text(), fields["default"].text())


def _timeouts(node: Node) -> Timeouts:
    fields = node.fields(("connect", "read", "total"))
    seconds = {key: child.seconds() for key, child in fields.items()}
    return Timeouts(*(seconds.get(key, 1.0) for key in ("connect", "read", "total")))


def _operation(name: str, node: Node, inherited: StatusQuery | None) -> Operation:
    """One operation; a write that says nothing else is asked after as all of the department."""
    later = ("document", "idempotent", "status_query", "poll", "callback", "payment")
    fields = node.fields(("kind", "request", "result", "outcomes"), (*_POLICY, *later))
    outcomes = fields["outcomes"].items() if "outcomes" in fields else []
    document = fields.get("document")
    if document is not None and document.is_null():
        document = None
    paper = document is not None and is_paper(document)
    kind = fields["kind"].one_of(OPERATION_KINDS) if "kind" in fields else "read"
    own = "status_query" in fields or kind != "write"
    return Operation(
        name=name,
        kind=kind,
        access=_policy(node, fields, "access"),
        because=_policy(node, fields, "because"),
        request=_mapping(fields["request"]) if "request" in fields else {},
        result=_expressions(fields["result"]) if "result" in fields else {},
        document=_expressions(document) if document and not paper else None,
        paper=read_paper(document) if document and paper else None,
        outcomes=tuple(o for o in map(_outcome, outcomes) if o),
        idempotent=fields["idempotent"].flag() if "idempotent" in fields else True,
        status_query=read_status_query(fields.get("status_query")) if own else inherited,
        poll=read_poll(fields.get("poll")),
        callback=read_callback(fields.get("callback")),
        payment=read_payment(fields.get("payment")),
    )


def _policy(node: Node, fields: Mapping[str, Node], key: str) -> str:
    """Who may use an operation, and why: never assumed, so that nobody forgets to ask."""
    if key in fields:
        return fields[key].one_of(ACCESS) if key == "access" else fields[key].text()
    if node.children():
        node.problem(f"`{key}` is missing in {node.name}", _POLICY[key])
    return ""


def _outcome(node: Node) -> Outcome | None:
    fields = node.fields(("status", "outcome"), ("code", "when", "pending", "told"))
    if not {"status", "outcome"} <= fields.keys():
        return None
    return Outcome(
        outcome=fields["outcome"].text(),
        status=fields["status"].whole(),
        code=fields["code"].text() if "code" in fields else None,
        when=fields["when"].text() if "when" in fields else None,
        pending=fields["pending"].flag() if "pending" in fields else False,
        told=fields["told"].flag() if "told" in fields else False,
    )


def _expressions(node: Node) -> dict[str, str]:
    return {key: child.text() for key, child in node.children().items()}


def _mapping(node: Node) -> dict[str, Any]:
    plain = node.plain()
    if isinstance(plain, dict):
        return plain
    node.problem(f"{node.name} must be a mapping", "write `key: value` lines, or `{}` for none")
    return {}


def _merged(base: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in own.items():
        below = merged.get(key)
        merged[key] = (
            _merged(below, value) if isinstance(below, dict) and isinstance(value, dict) else value
        )
    return merged
