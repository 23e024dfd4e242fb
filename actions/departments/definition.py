"""What the connector knows about one department: the catalogue's entry with its settings read."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from actions.departments.access import SenderHeaders
from actions.departments.credentials import (
    Credentials,
    SigningKey,
    read_credentials,
    read_signing_key,
)
from actions.departments.tls import ssl_context
from nlu.catalogue.departments import DEFAULTS, read_departments
from nlu.catalogue.model import Department, Operation, Timeouts
from nlu.catalogue.vocabulary import read_languages
from nlu.catalogue.yaml_source import Source


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
    during: float


@dataclass(frozen=True)
class Callbacks:
    """The key with which the department signs its callbacks; `max_age` in seconds."""

    key: SigningKey
    max_age: float


@dataclass(frozen=True)
class Protection:
    """What keeps a struggling department from being hammered."""

    breaker_threshold: int
    breaker_reset_after: float
    concurrency: int
    rate: float
    per_seconds: float


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


def load_departments(
    folder: Path, environ: Mapping[str, str] | None = None
) -> dict[str, DepartmentDefinition]:
    """Every department of `folder` (`data/departments`), by id; reads nothing else of the data
    but the languages beside it."""
    source = Source()
    languages = read_languages(source, folder.parent / "languages.yml")
    files = sorted(path for path in folder.glob("*.yml") if path.name != DEFAULTS)
    departments = read_departments(source, folder, files, languages)
    if source.problems:
        raise DefinitionError("\n".join(map(str, source.problems)))
    return {name: define(department, environ) for name, department in departments.items()}


def define(
    department: Department, environ: Mapping[str, str] | None = None
) -> DepartmentDefinition:
    """The definition of a catalogue's department, its variables read from the environment."""
    env = os.environ if environ is None else environ
    try:
        return _definition(department, department.settings, env)
    except (KeyError, TypeError, ValueError) as error:
        raise DefinitionError(f"{department.file}: {type(error).__name__} {error}") from error


def mapped_statuses(operation: Operation) -> frozenset[int]:
    """The statuses that some row of the operation's table of outcomes maps."""
    return frozenset(row.status for row in operation.outcomes)


def _definition(
    department: Department, settings: Mapping[str, Any], env: Mapping[str, str]
) -> DepartmentDefinition:
    auth = read_credentials(department.auth, env)
    if auth.certificate:
        ssl_context(auth.certificate)  # files that do not fit are reported at the start
    url = department.base_url
    retry, breaker, limits, formats = (
        settings[name] for name in ("retry", "breaker", "limits", "formats")
    )
    return DepartmentDefinition(
        id=department.id,
        openapi=department.openapi,
        base_url=(env.get(url.env) or url.default).rstrip("/"),
        auth=auth,
        timeouts=department.timeouts,
        retry=Retry(
            attempts=int(retry["attempts"]),
            wait_initial=float(retry["wait_initial"]),
            wait_max=float(retry["wait_max"]),
            jitter=float(retry["jitter"]),
            statuses=frozenset(map(int, retry["statuses"])),
        ),
        settle=Settle(float(settings["settle"]["every"]), float(settings["settle"]["for"])),
        protection=Protection(
            breaker_threshold=int(breaker["threshold"]),
            breaker_reset_after=float(breaker["reset_after"]),
            concurrency=int(limits["concurrency"]),
            rate=float(limits["rate"]),
            per_seconds=float(limits["per_seconds"]),
        ),
        egress=Egress(
            allow_private=_truth(settings["allow_private"], env),
            allow_loopback=_truth(settings["allow_loopback"], env),
            document_hosts=frozenset(host.lower() for host in settings["document_hosts"]),
            max_response_bytes=int(settings["max_response_bytes"]),
        ),
        formats=Formats(
            timezone=formats["timezone"],
            date=formats["date"],
            time=formats["time"],
            datetime=formats["datetime"],
            months={language: tuple(names) for language, names in formats["months"].items()},
        ),
        operations=department.operations,
        callbacks=_callbacks(settings.get("callbacks"), env),
        sender=SenderHeaders(**settings["sender"]) if "sender" in settings else None,
        misses=MissLimits(**settings["misses"]) if "misses" in settings else None,
    )


def _callbacks(raw: Mapping[str, Any] | None, env: Mapping[str, str]) -> Callbacks | None:
    if raw is None:
        return None
    key = read_signing_key({name: value for name, value in raw.items() if name != "max_age"}, env)
    return Callbacks(key, float(raw["max_age"]))


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
