"""A connector to the Energy department over a mock transport."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from actions.departments import DepartmentDefinition, load_departments

from .fake_department import DATA, Department, Handler, patient


@pytest.fixture(scope="session")
def energy() -> DepartmentDefinition:
    """The Energy department as the data folder describes it."""
    return patient(load_departments(DATA, {})["energy"])


@pytest.fixture
def department(energy: DepartmentDefinition) -> Callable[..., Department]:
    """Makes a fake department; keyword arguments replace parts of the definition."""

    def make(handler: Handler, **parts: object) -> Department:
        return Department(replace(energy, **parts), handler)  # type: ignore[arg-type]

    return make
