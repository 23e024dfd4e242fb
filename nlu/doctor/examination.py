"""All checks, found and made at once; the worst comes first."""

from __future__ import annotations

import importlib
import pkgutil
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from nlu.doctor.check import SEVERITIES, Check, Finding, NotLooked
from nlu.doctor.deployment import Deployment

PLACES = ("nlu.doctor.checks", "api.doctor", "actions.doctor")
"""Packages whose modules hold checks: one on each floor."""


@dataclass(frozen=True)
class Result:
    """What came of a check: findings, or why it could not look, or neither: all is well."""

    check: Check
    findings: tuple[Finding, ...] = ()
    not_looked: str = ""


def all_checks() -> list[Check]:
    """Every check there is, in the order of the places and of the modules' names."""
    found: list[Check] = []
    for place in PLACES:
        package = importlib.import_module(place)
        for module in sorted(one.name for one in pkgutil.iter_modules(package.__path__)):
            content = vars(importlib.import_module(f"{place}.{module}"))
            found += [one for one in content.values() if isinstance(one, Check)]
    return found


def examine(deployment: Deployment, checks: Sequence[Check] | None = None) -> list[Result]:
    """Results of all checks that concern the roles, side by side, in the order of the checks."""
    wanted = [
        one
        for one in (all_checks() if checks is None else checks)
        if not one.roles or set(one.roles) & set(deployment.roles)
    ]
    found: dict[str, Result] = {}
    threads = [
        threading.Thread(target=_look, args=(one, deployment, found), daemon=True) for one in wanted
    ]
    for thread in threads:
        thread.start()
    until = time.monotonic() + deployment.limits.check_seconds
    for thread in threads:
        thread.join(max(0.0, until - time.monotonic()))
    return [found.get(one.name) or _late(one, deployment) for one in wanted]


def ordered(results: Sequence[Result]) -> list[tuple[Check, Finding]]:
    """All findings, the worst first."""
    pairs = [(one.check, finding) for one in results for finding in one.findings]
    return sorted(pairs, key=lambda pair: SEVERITIES.index(pair[1].severity))


def is_well(results: Sequence[Result]) -> bool:
    """Whether there is nothing but notices."""
    return all(finding.severity == "notice" for _, finding in ordered(results))


def _look(one: Check, deployment: Deployment, found: dict[str, Result]) -> None:
    try:
        found[one.name] = Result(one, tuple(dict.fromkeys(one.look(deployment))))
    except NotLooked as reason:
        found[one.name] = Result(one, not_looked=str(reason))
    except Exception as error:  # its words are not told: they may hold what nobody should read
        found[one.name] = Result(one, (*_failed(one, error),))


def _failed(one: Check, error: Exception) -> Iterator[Finding]:
    at: Any = error.__traceback__
    while at is not None and at.tb_next is not None:
        at = at.tb_next
    where = f" in {at.tb_frame.f_code.co_name}, line {at.tb_lineno}" if at is not None else ""
    yield Finding(
        "trouble",
        f"the check `{one.name}` could not be made ({type(error).__name__}{where})",
        "what it looks at is unknown, and may be what is wrong",
        "look at it yourself, and report this as a fault of the doctor",
    )


def _late(one: Check, deployment: Deployment) -> Result:
    finding = Finding(
        "trouble",
        f"the check `{one.name}` took longer than {deployment.limits.check_seconds:g} s",
        "a disk, a database or a network that it asks does not answer",
        "run `seva doctor` again; if it stays so, look at that part of the machine",
    )
    return Result(one, (finding,))
