"""Reads `departments/*.yml`: how each department's computers are reached."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from nlu.catalogue.department import (
    ACCESS,
    OPERATION_KINDS,
    Callback,
    Department,
    NumberKind,
    Operation,
    Outcome,
    Paper,
    Payment,
    Poll,
    StatusQuery,
    Timeouts,
    Variable,
)
from nlu.catalogue.errors import CatalogueError
from nlu.catalogue.model import Languages
from nlu.catalogue.vocabulary import read_languages
from nlu.catalogue.yaml_source import Node, Source
from nlu.records import Seconds

T = TypeVar("T")
DEFAULTS = "defaults.yml"
"""Not a department: what every department gets unless its own file says otherwise."""

_REQUIRED = ("department", "title", "menu")
_API = ("openapi", "base_url", "auth", "operations")
"""How its computers are reached: all of these, or none where Seva only tells."""


_POLICY = {
    "access": "say who may use it: `access: public`, `owner` or `code`, see docs/departments.md",
    "because": 'say why in one short sentence: `because: "the bill names its owner"`',
}


def department_files(root: Path) -> list[Path]:
    """Of a data folder. The name of a file is the id of its department."""
    return sorted(file for file in (root / "departments").glob("*.yml") if file.name != DEFAULTS)


def department_ids(root: Path) -> list[str]:
    """Who is there, for those that need no more."""
    return [file.stem for file in department_files(root)]


def departments_in(root: Path) -> dict[str, Department]:
    """Every department of a data folder; nothing else of it is read but its languages. Raises
    CatalogueError with every problem of these files."""
    source = Source()
    languages = read_languages(source, root / "languages.yml")
    found = read_departments(source, root / "departments", department_files(root), languages)
    if source.problems:
        raise CatalogueError(source.problems)
    return found


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
    own_keys = ("helpline", "office", "first", "numbers", "timeouts", "callbacks", "status_query")
    optional = {*own_keys, *defaults, *_API}
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
    lacking = [key for key in _API if key not in fields]
    if lacking and len(lacking) < len(_API):
        what = f"`{lacking[0]}` is missing"
        top.problem(what, f"a department that is called has {', '.join(_API)}; others have none")
        return None
    query = _part(fields, "status_query", StatusQuery)
    own = {key: node.plain() for key, node in fields.items()}
    return Department(
        id=name,
        title=fields["title"].words(languages.reply),
        menu=fields["menu"].words(languages.reply),
        helpline=fields["helpline"].text() if "helpline" in fields else None,
        first=tuple(n.text() for n in fields["first"].items()) if "first" in fields else (),
        openapi=top.file.parent / fields["openapi"].text() if not lacking else None,
        base_url=_part(fields, "base_url", Variable) or Variable("", ""),
        auth=_mapping(fields["auth"]) if not lacking else {},
        timeouts=(timeouts and timeouts.record(Timeouts)) or Timeouts(*[Seconds(1)] * 3),
        operations={
            key: _operation(key, node, query)
            for key, node in (fields["operations"].children() if not lacking else {}).items()
        },
        settings=_merged({key: node.plain() for key, node in defaults.items()}, own),
        file=top.file,
        office=fields["office"].words(languages.reply) if "office" in fields else None,
        numbers=_numbers(name, fields["numbers"], languages) if "numbers" in fields else (),
    )


def _numbers(department: str, node: Node, languages: Languages) -> tuple[NumberKind, ...]:
    """The kinds of numbers that a department gives."""
    found = []
    for name, child in node.children().items():
        fields = child.fields(("title",), ("formats", "services", "slot_type", "found_by"))
        if "title" not in fields:
            continue
        services = fields["services"].children() if "services" in fields else {}
        found.append(
            NumberKind(
                department,
                name,
                fields["title"].words(languages.reply),
                fields["formats"].texts() if "formats" in fields else (),
                {wanted: service.text() for wanted, service in services.items()},
                fields["slot_type"].text() if "slot_type" in fields else "",
                fields["found_by"].text() if "found_by" in fields else "",
            )
        )
    return tuple(found)


def _part(fields: Mapping[str, Node], key: str, kind: type[T]) -> T | None:
    """What a key holds, or None where the file lacks it or has `null`."""
    node = fields.get(key)
    return None if node is None or node.is_null() else node.record(kind)


def _operation(name: str, node: Node, inherited: StatusQuery | None) -> Operation:
    """One operation; a write that says nothing else is asked after as all of the department."""
    later = ("document", "idempotent", "status_query", "poll", "callback", "payment")
    fields = node.fields(("kind", "request", "result", "outcomes"), (*_POLICY, *later))
    outcomes = fields["outcomes"].items() if "outcomes" in fields else []
    document = fields.get("document")
    if document is not None and document.is_null():
        document = None
    ours = document is not None and bool(document.children().keys() & {"form", "values"})
    kind = fields["kind"].one_of(OPERATION_KINDS) if "kind" in fields else "read"
    own = "status_query" in fields or kind != "write"
    return Operation(
        name=name,
        kind=kind,
        access=_policy(node, fields, "access"),
        because=_policy(node, fields, "because"),
        request=_mapping(fields["request"]) if "request" in fields else {},
        result=_expressions(fields["result"]) if "result" in fields else {},
        document=_expressions(document) if document and not ours else None,
        paper=document.record(Paper) if document and ours else None,
        outcomes=tuple(o for o in (node.record(Outcome) for node in outcomes) if o),
        idempotent=fields["idempotent"].flag() if "idempotent" in fields else True,
        status_query=_part(fields, "status_query", StatusQuery) if own else inherited,
        poll=_part(fields, "poll", Poll),
        callback=_part(fields, "callback", Callback),
        payment=_part(fields, "payment", Payment),
    )


def _policy(node: Node, fields: Mapping[str, Node], key: str) -> str:
    """Who may use an operation, and why: never assumed, so that nobody forgets to ask."""
    if key in fields:
        return fields[key].one_of(ACCESS) if key == "access" else fields[key].text()
    if node.children():
        node.problem(f"`{key}` is missing in {node.name}", _POLICY[key])
    return ""


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
