"""Calls to departments: one generic connector, driven by `data/departments/*.yml`."""

from __future__ import annotations

from actions.departments.connector import Connector, UnknownOperation
from actions.departments.definition import (
    DefinitionError,
    DepartmentDefinition,
    define,
    define_all,
    load_departments,
)
from actions.departments.directory import DepartmentDirectory
from actions.departments.request import Origin
from actions.departments.result import UNAVAILABLE, OperationResult

__all__ = [
    "UNAVAILABLE",
    "Connector",
    "DefinitionError",
    "DepartmentDefinition",
    "DepartmentDirectory",
    "OperationResult",
    "Origin",
    "UnknownOperation",
    "define",
    "define_all",
    "load_departments",
]
