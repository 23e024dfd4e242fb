"""Outcomes of the operations in `cases/`, over HTTP through the real YAML."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from actions.sandbox import clock
from nlu.catalogue import shared_catalogue
from nlu.fast_yaml import load_yaml
from tests.processes import ROOT

from .conftest import Sandbox

CATALOGUE = shared_catalogue(ROOT / "data")
OWNER = {op: name for name, d in CATALOGUE.departments.items() for op in d.operations}
CASES = [
    case
    for file in sorted((Path(__file__).parent / "cases").glob("*.yml"))
    for case in load_yaml(file.read_text("utf-8"))
]
_DAYS = re.compile(r"([+-]\d+)d")


def values_of(call: dict[str, Any]) -> dict[str, str]:
    """Slots of a case; `+3d` is the day three days from today."""
    found = {}
    for name, value in call["values"].items():
        ahead = _DAYS.fullmatch(str(value))
        found[name] = clock.in_days(int(ahead[1])) if ahead else str(value)
    return found


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{c['operation']}-{c['outcome']}-{i}" for i, c in enumerate(CASES)]
)
def test_operation_comes_to_its_outcome(sandbox: Sandbox, case: dict[str, Any]) -> None:
    for earlier in case.get("before", ()):
        sandbox.execute(OWNER[earlier["operation"]], earlier["operation"], values_of(earlier))
    department = OWNER[case["operation"]]
    result = sandbox.execute(department, case["operation"], values_of(case))
    assert result.outcome == case["outcome"], result
    operation = CATALOGUE.departments[department].operations[case["operation"]]
    if case["outcome"] == "ok":
        assert set(result.fields) == set(operation.result)
        empty = [name for name, value in result.fields.items() if value in (None, "")]
        assert not empty, f"empty: {empty}"
        assert "None" not in result.fields.values()
