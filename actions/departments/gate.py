"""Calls that a citizen asks for: not made while the citizen misses too often.

Citizens are counted by telephone number: writing to another of our numbers does not start anew.
"""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy.exc import SQLAlchemyError

from actions.departments.access import MISSED_TOO_OFTEN, sender_of
from actions.departments.definition import DepartmentDefinition
from actions.departments.directory import DepartmentDirectory
from actions.departments.metrics import record
from actions.departments.misses import Misses
from actions.departments.request import NO_SERVICE, Origin
from actions.departments.result import UNAVAILABLE, OperationResult
from actions.departments.standstill import StoodStill
from nlu.log import get_logger

_LOG = get_logger(__name__)
Execute = Callable[..., Awaitable[OperationResult]]
"""`DepartmentDirectory.execute`, or what stands before it."""
_MINUTE = 60


class Gate:
    """`execute`, with misses counted. What Seva asks by itself does not come this way."""

    def __init__(self, departments: DepartmentDirectory, misses: Misses, execute: Execute) -> None:
        self._departments, self.misses, self._execute = departments, misses, execute

    async def execute(
        self,
        department: str,
        operation_id: str,
        values: Mapping[str, str],
        *,
        citizen: str,
        request_id: str,
        language: str,
        origin: Origin = NO_SERVICE,
        code: str | None = None,
    ) -> OperationResult:
        """As `DepartmentDirectory.execute`; `missed_too_often`, with the time `at` from which the
        citizen may ask again, where the department is not called. Raises StoodStill."""
        definition = self._departments.connector(department).department
        limits, operation = definition.misses, definition.operations.get(operation_id)
        who = sender_of(citizen, origin.phone) or citizen

        def call() -> Awaitable[OperationResult]:
            told = {"citizen": citizen, "request_id": request_id, "language": language}
            return self._execute(department, operation_id, values, **told, origin=origin, code=code)

        if limits is None or operation is None or operation.access == "public":
            return _ours_apart(await call())
        try:
            until = await asyncio.to_thread(self.misses.until, department, who, limits)
        except (SQLAlchemyError, OSError) as error:  # who cannot be counted is not let through
            return _uncounted(department, error)
        if until is not None:
            result = OperationResult(MISSED_TOO_OFTEN, {"at": _clock_text(until, definition)})
            record(department, operation_id, request_id, result, "")
            return result
        result = _ours_apart(await call())
        right = code is not None and result.available and not result.missed
        note = self.misses.charge if result.missed else self.misses.take_back if right else None
        try:
            if note is not None:
                asked = json.dumps([request_id, sorted(values.items())])
                await asyncio.to_thread(note, department, who, asked)
        except (SQLAlchemyError, OSError) as error:
            lost = _uncounted(department, error)
            return result if right else lost
        return result


def _ours_apart(result: OperationResult) -> OperationResult:
    """What failed because this process stood still is asked again, with the whole turn."""
    if result.reason == "standstill":
        raise StoodStill
    return result


def _uncounted(department: str, error: Exception) -> OperationResult:
    _LOG.error("misses", department=department, error=type(error).__name__)
    return OperationResult(UNAVAILABLE, reason="journal")


def _clock_text(moment: float, definition: DepartmentDefinition) -> str:
    """The next full minute, as the department's times are written."""
    whole = math.ceil(moment / _MINUTE) * _MINUTE
    zone = ZoneInfo(definition.formats.timezone)
    return datetime.fromtimestamp(whole, zone).strftime(definition.formats.datetime)
