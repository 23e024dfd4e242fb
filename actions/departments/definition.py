"""What the connector knows about one department: the catalogue's entry with its settings read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, NewType

from actions.departments.access import SenderHeaders
from actions.departments.credentials import (
    Credentials,
    SigningKey,
    read_credentials,
    read_signing_key,
)
from actions.departments.tls import ssl_context
from nlu.catalogue.department import Department, Operation, Timeouts
from nlu.catalogue.departments import DEFAULTS, departments_in
from nlu.catalogue.errors import CatalogueError
from nlu.records import Faults, Misfit, key, placed, read_as, to_record
from nlu.settings.groups import TraceReaders


class DefinitionError(ValueError):
    """A department file that cannot be used; says which file and what is wrong."""


@dataclass(frozen=True)
class Retry:
    """How reads are tried again."""

    attempts: int
    wait_initial: float
    wait_max: float
    jitter: float
    statuses: frozenset[int]


@dataclass(frozen=True)
class Settle:
    """How writes without an answer are asked after, seconds between and in all."""

    every: float
    during: float = field(metadata=key("for"))


@dataclass(frozen=True)
class Callbacks:
    """The key with which the department signs its callbacks; `max_age` in seconds."""

    key: SigningKey
    max_age: float


@dataclass(frozen=True)
class Breaker:
    """Failures in a row after which calls are spared, and seconds until one is tried again."""

    threshold: int
    reset_after: float


@dataclass(frozen=True)
class CallLimits:
    """Calls at once, and calls that start in a period."""

    concurrency: int
    rate: float
    per_seconds: float


@dataclass(frozen=True)
class Protection:
    """What keeps a struggling department from being hammered."""

    breaker: Breaker
    limits: CallLimits


@dataclass(frozen=True)
class MissLimits:
    """How many misses a citizen may have in an hour and in a day, and all together in an hour."""

    hour: int
    day: int
    all_hour: int


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


Switch = NewType("Switch", bool)
"""True or false, also as the text of a variable."""


@dataclass(frozen=True)
class ConnectorSettings:
    """What only the connector reads of a department's file, merged over `defaults.yml`."""

    retry: Retry
    settle: Settle
    breaker: Breaker
    limits: CallLimits
    formats: Formats
    allow_private: Switch
    allow_loopback: Switch
    document_hosts: frozenset[str]
    max_response_bytes: int
    sender: SenderHeaders | None = None
    misses: MissLimits | None = None


@dataclass(frozen=True)
class DepartmentDefinition:
    """Everything the connector needs to know about one department."""

    id: str
    openapi: Path
    base_url: str
    auth: Credentials
    timeouts: Timeouts
    retry: Retry
    settle: Settle
    protection: Protection
    egress: Egress
    formats: Formats
    operations: Mapping[str, Operation]
    callbacks: Callbacks | None = None
    sender: SenderHeaders | None = None
    misses: MissLimits | None = None
    traced: bool = True
    """Whether calls tell it the trace that they belong to."""


def load_departments(
    folder: Path, environ: Mapping[str, str] | None = None
) -> dict[str, DepartmentDefinition]:
    """Every department of `folder` (`data/departments`), by id; reads nothing else of the data
    but the languages beside it."""
    try:
        departments = departments_in(folder.parent)
    except CatalogueError as error:
        raise DefinitionError(str(error)) from None
    return define_all(departments, environ)


def define_all(
    departments: Mapping[str, Department], environ: Mapping[str, str] | None = None
) -> dict[str, DepartmentDefinition]:
    """The definitions of those departments that have computers to be called."""
    called = {name: one for name, one in departments.items() if one.called}
    return {name: define(department, environ) for name, department in called.items()}


def define(
    department: Department, environ: Mapping[str, str] | None = None, *, gateway: bool = False
) -> DepartmentDefinition:
    """The definition of a catalogue's department, or of a payment gateway, its variables read from
    the environment."""
    env = os.environ if environ is None else environ
    try:
        found = _definition(department, department.settings, env)
        return replace(found, traced=TraceReaders.read(env).tells(found.id, gateway=gateway))
    except Faults as error:
        defaults = department.file.with_name(DEFAULTS)
        problems = placed(error, department.file, defaults if defaults.exists() else None)
        raise DefinitionError(str(problems)) from error
    except (KeyError, TypeError, ValueError) as error:
        raise DefinitionError(f"{department.file}: {type(error).__name__} {error}") from error


def mapped_statuses(operation: Operation) -> frozenset[int]:
    """The statuses that some row of the operation's table of outcomes maps."""
    return frozenset(row.status for row in operation.outcomes)


def _definition(
    department: Department, settings: Mapping[str, Any], env: Mapping[str, str]
) -> DepartmentDefinition:
    assert department.openapi is not None
    auth = read_credentials(department.auth, env)
    if auth.certificate:
        ssl_context(auth.certificate)  # files that do not fit are reported at the start
    url = department.base_url
    names = [one.name for one in fields(ConnectorSettings)]
    own = {name: _resolved(settings[name], env) for name in names if name in settings}
    read = to_record(own, ConnectorSettings)
    return DepartmentDefinition(
        id=department.id,
        openapi=department.openapi,
        base_url=(env.get(url.env) or url.default).rstrip("/"),
        auth=auth,
        timeouts=department.timeouts,
        retry=read.retry,
        settle=read.settle,
        protection=Protection(read.breaker, read.limits),
        egress=Egress(
            allow_private=read.allow_private,
            allow_loopback=read.allow_loopback,
            document_hosts=frozenset(host.lower() for host in read.document_hosts),
            max_response_bytes=read.max_response_bytes,
        ),
        formats=read.formats,
        operations=department.operations,
        callbacks=_callbacks(settings.get("callbacks"), env),
        sender=read.sender,
        misses=read.misses,
    )


def _callbacks(raw: Mapping[str, Any] | None, env: Mapping[str, str]) -> Callbacks | None:
    if raw is None:
        return None
    key = read_signing_key({name: value for name, value in raw.items() if name != "max_age"}, env)
    return Callbacks(key, float(raw["max_age"]))


def _resolved(raw: Any, env: Mapping[str, str]) -> Any:
    """A plain value, or `{env, default}`: the variable where it is set."""
    if isinstance(raw, Mapping) and "env" in raw:
        return env.get(raw["env"]) or raw["default"]
    return raw


def _switch(value: Any) -> Switch:
    text = str(value).strip().lower()
    if text not in ("true", "false", "1", "0", "yes", "no"):
        raise Misfit(f"{text!r} is neither true nor false", "write `true` or `false`")
    return Switch(text in ("true", "1", "yes"))


read_as(Switch, _switch)
