"""Definitions: defaults, variables, and what is refused."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from actions.departments import DefinitionError, load_departments
from actions.departments.credentials import ApiKey, Credentials
from actions.departments.definition import Breaker

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the departments that a test may change."""
    shutil.copytree(DATA / "departments", tmp_path / "departments")
    shutil.copy(DATA / "languages.yml", tmp_path)
    return tmp_path / "departments"


def append(folder: Path, text: str) -> None:
    with (folder / "energy.yml").open("a", encoding="utf-8") as file:
        file.write(text)


ONLY_TELLS = {"central"}
"""Departments without computers that Seva calls."""


@pytest.mark.slow
def test_every_department_file_is_described() -> None:
    files = {path.stem for path in (DATA / "departments").glob("*.yml")} - {"defaults"}
    assert set(load_departments(DATA / "departments", {})) == files - ONLY_TELLS


def test_department_overrides_single_defaults(folder: Path) -> None:
    append(folder, "breaker: {threshold: 9}\nallow_private: true\n")
    found = load_departments(folder, {})["energy"]
    assert found.protection.breaker == Breaker(9, 30)
    assert found.egress.allow_private is True


def test_variables_win_over_defaults() -> None:
    env = {
        "SEVA_DEPARTMENT_ENERGY_URL": "https://energy.example/v2/",
        "SEVA_DEPARTMENT_ENERGY_KEY": "k-1",
        "SEVA_ALLOW_LOOPBACK_DEPARTMENTS": "false",
    }
    found = load_departments(DATA / "departments", env)["energy"]
    assert found.base_url == "https://energy.example/v2"
    assert found.auth == Credentials(ApiKey("X-Api-Key", "k-1"))
    assert found.egress.allow_loopback is False


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", ["retry: {attempts: many}\n", "allow_private: perhaps\n", "surprise: 1\n"]
)
def test_file_that_makes_no_sense_is_refused_by_name(folder: Path, line: str) -> None:
    append(folder, line)
    with pytest.raises(DefinitionError, match=r"energy\.yml:\d+:"):
        load_departments(folder, {})
