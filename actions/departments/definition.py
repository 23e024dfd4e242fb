"""A department as its YAML describes it, with `defaults.yml` filled in."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast

import yaml

DEFAULTS_FILE = "defaults.yml"
"""Beside the departments' files, and itself not a department."""


class DefinitionError(ValueError):
    """A department file that cannot be used; says which file and what is wrong."""


@dataclass(frozen=True)
class OutcomeRow:
    """One line of an operation's table of outcomes; the first that matches wins."""

    status: int
    outcome: str
    code: str | None = None
    """The problem body's `code` must equal this."""
    when: str | None = None
    """JMESPath over the body that must be true."""


@dataclass(frozen=True)
class Operation:
    """How one operationId is called and how its answer is read."""

    name: str
    kind: Literal["read", "write"]
    request: Mapping[str, Any]
    """`path`, `query`, `header`, `body` -> (nested) Jinja templates."""
    result: Mapping[str, str]
    """Result field -> JMESPath."""
    document: Mapping[str, str] | None
    """`url` and `filename` -> JMESPath."""
    outcomes: tuple[OutcomeRow, ...]

    @property
    def statuses(self) -> frozenset[int]:
        """Statuses that some row maps."""
        return frozenset(row.status for row in self.outcomes)


@dataclass(frozen=True)
class Timeouts:
    """Seconds; `total` covers waiting for a turn, retries and all."""

    connect: float
    read: float
    total: float


@dataclass(frozen=True)
class Retry:
    """How reads are tried again."""

    attempts: int
    wait_initial: float
    wait_max: float
    jitter: float
    statuses: frozenset[int]


@dataclass(frozen=True)
class Protection:
    """What keeps a struggling department from being hammered."""

    breaker_threshold: int
    breaker_reset_after: float
    concurrency: int
    rate: float
    per_seconds: float


@dataclass(frozen=True)
class Egress:
    """Where calls may go."""

    allow_private: bool
    allow_loopback: bool
    document_hosts: frozenset[str]
    max_response_bytes: int


@dataclass(frozen=True)
class Formats:
    """How dates, times and months are written for citizens (strftime patterns)."""

    timezone: str
    date: str
    time: str
    datetime: str
    months: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class DepartmentDefinition:
    """Everything the connector needs to know about one department."""

    id: str
    openapi: Path
    base_url: str
    auth: Mapping[str, str]
    """`kind` and that kind's settings; may hold a secret, so never log it."""
    timeouts: Timeouts
    retry: Retry
    protection: Protection
    egress: Egress
    formats: Formats
    operations: Mapping[str, Operation]


def load_departments(
    folder: Path, environ: Mapping[str, str] | None = None
) -> dict[str, DepartmentDefinition]:
    """Every department of `folder` (`data/departments`), by id."""
    files = sorted(path for path in folder.glob("*.yml") if path.name != DEFAULTS_FILE)
    return {path.stem: load_department(path, environ) for path in files}


def load_department(path: Path, environ: Mapping[str, str] | None = None) -> DepartmentDefinition:
    """The department of one file, with the `defaults.yml` beside it filled in."""
    env = os.environ if environ is None else environ
    raw = _merge(_read(path.with_name(DEFAULTS_FILE)), _read(path))
    try:
        return _definition(raw, path.parent, env)
    except (KeyError, TypeError, ValueError) as error:
        raise DefinitionError(f"{path}: {type(error).__name__} {error}") from error


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise DefinitionError(f"{path}: {error}") from error
    if not isinstance(raw, dict):
        raise DefinitionError(f"{path}: must be a mapping")
    return raw


def _merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid over `base`, mapping by mapping."""
    merged = dict(base)
    for key, value in over.items():
        below = merged.get(key)
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = _merge(cast(Mapping[str, Any], below), value) if both else value
    return merged


def _definition(
    raw: Mapping[str, Any], folder: Path, env: Mapping[str, str]
) -> DepartmentDefinition:
    auth = {key: str(value) for key, value in raw["auth"].items()}
    if "env" in auth:
        auth["value"] = env.get(auth["env"], auth.get("default", ""))
    retry, breaker, limits, formats = (raw[k] for k in ("retry", "breaker", "limits", "formats"))
    return DepartmentDefinition(
        id=str(raw["department"]),
        openapi=folder / raw["openapi"],
        base_url=_setting(raw["base_url"], env).rstrip("/"),
        auth=MappingProxyType(auth),
        timeouts=Timeouts(**{key: float(value) for key, value in raw["timeouts"].items()}),
        retry=Retry(
            attempts=int(retry["attempts"]),
            wait_initial=float(retry["wait_initial"]),
            wait_max=float(retry["wait_max"]),
            jitter=float(retry["jitter"]),
            statuses=frozenset(map(int, retry["statuses"])),
        ),
        protection=Protection(
            breaker_threshold=int(breaker["threshold"]),
            breaker_reset_after=float(breaker["reset_after"]),
            concurrency=int(limits["concurrency"]),
            rate=float(limits["rate"]),
            per_seconds=float(limits["per_seconds"]),
        ),
        egress=Egress(
            allow_private=_truth(raw["allow_private"], env),
            allow_loopback=_truth(raw["allow_loopback"], env),
            document_hosts=frozenset(host.lower() for host in raw["document_hosts"]),
            max_response_bytes=int(raw["max_response_bytes"]),
        ),
        formats=Formats(
            timezone=formats["timezone"],
            date=formats["date"],
            time=formats["time"],
            datetime=formats["datetime"],
            months={language: tuple(names) for language, names in formats["months"].items()},
        ),
        operations={name: _operation(name, body) for name, body in raw["operations"].items()},
    )


def _operation(name: str, raw: Mapping[str, Any]) -> Operation:
    if raw["kind"] not in ("read", "write"):
        raise ValueError(f"operation {name}: kind must be read or write")
    rows = tuple(
        OutcomeRow(int(r["status"]), str(r["outcome"]), r.get("code"), r.get("when"))
        for r in raw["outcomes"]
    )
    request = raw.get("request") or {}
    unknown = set(request) - {"path", "query", "header", "body"}
    if unknown:
        raise ValueError(f"operation {name}: request has unknown parts {sorted(unknown)}")
    return Operation(name, raw["kind"], request, raw.get("result") or {}, raw.get("document"), rows)


def _setting(raw: Any, env: Mapping[str, str]) -> str:
    """A plain value, or `{env, default}`: the variable where it is set."""
    if isinstance(raw, Mapping):
        return str(env.get(raw["env"]) or raw["default"])
    return str(raw)


def _truth(raw: Any, env: Mapping[str, str]) -> bool:
    text = _setting(raw, env).strip().lower()
    if text not in ("true", "false", "1", "0", "yes", "no"):
        raise ValueError(f"{text!r} is neither true nor false")
    return text in ("true", "1", "yes")
