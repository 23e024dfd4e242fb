"""`seva check`: every problem of the catalogue at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nlu.catalogue.errors import Problem
from nlu.catalogue.limits import load_limits
from nlu.catalogue.loader import read_catalogue
from nlu.catalogue.model import Catalogue
from nlu.catalogue.rules import RULES, Run
from nlu.records import RecordError


@dataclass(frozen=True)
class CheckResult:
    """The catalogue as far as it could be read, and what is wrong with it."""

    catalogue: Catalogue
    problems: tuple[Problem, ...]


def check_catalogue(path: Path, *, strict: bool = False) -> CheckResult:
    """Reads the folder and applies every rule; problems come in the order of file and line."""
    catalogue, problems = read_catalogue(path)
    if not catalogue.languages.keys:
        return CheckResult(catalogue, tuple(sorted(set(problems))))
    broken = frozenset(problem.file for problem in problems)
    try:
        limits = load_limits(path)
    except RecordError as error:  # what the data is held to is not known
        return CheckResult(catalogue, tuple(sorted({*problems, *error.problems})))
    run = Run(catalogue, limits, strict, broken)
    for rule in RULES:
        problems.extend(rule(run))
    return CheckResult(catalogue, tuple(sorted(set(problems))))
