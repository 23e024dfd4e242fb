"""A fake department behind a mock transport."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx

from actions.departments import Connector, DepartmentDefinition, OperationResult

DATA = Path(__file__).parents[2] / "data" / "departments"
CITIZEN = "109:919876543210"
"""A lane; the number is on record, so no code is wanted."""
Handler = Callable[[httpx.Request], httpx.Response]

BILL = {
    "bill": {
        "amount": 123456.5,
        "due_date": "2026-12-05",
        "month": "2026-11",
        "consumer_name": "K. Venkata Rao",
    }
}


def problem(status: int, code: str) -> httpx.Response:
    """A refusal as departments send it."""
    body = {"title": code, "status": status, "code": code}
    headers = {"Content-Type": "application/problem+json"}
    return httpx.Response(status, json=body, headers=headers)


def patient(definition: DepartmentDefinition) -> DepartmentDefinition:
    """The definition with retries that do not wait."""
    retry = replace(definition.retry, wait_initial=0.001, wait_max=0.001, jitter=0)
    return replace(definition, retry=retry)


class Department:
    """A fake department: answers by `handler`, remembers the requests."""

    def __init__(self, definition: DepartmentDefinition, handler: Handler) -> None:
        self.requests: list[httpx.Request] = []
        self._handler = handler
        self.connector = Connector(definition, httpx.MockTransport(self._serve))

    def _serve(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return self._handler(request)

    async def ask(self, operation: str = "getBill", **values: str) -> OperationResult:
        """Execute an operation of a citizen who reads English."""
        values = {"service_number": "6123401005678", **values}
        return await self.connector.execute(
            operation, values, citizen=CITIZEN, request_id="turn-1", language="en"
        )
