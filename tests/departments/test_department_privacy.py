"""What a call leaves in the log: no personal data."""

from __future__ import annotations

import logging
from collections.abc import Callable

import httpx
import pytest

from .fake_department import BILL, Department, problem

Make = Callable[..., Department]
PRIVATE = ("6123401005678", "K. Venkata Rao", "turn-1", "9876543210", "sandbox-key")


@pytest.mark.asyncio
@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(200, json=BILL),
        httpx.Response(200, json={"bill": {"consumer_name": "K. Venkata Rao"}}),
        httpx.Response(200, json={"bill": {**BILL["bill"], "amount": "K. Venkata Rao"}}),
        problem(404, "not_found"),
        httpx.Response(500, text="K. Venkata Rao"),
    ],
    ids=["ok", "missing", "wrong type", "refused", "error"],
)
async def test_log_of_a_call_has_no_personal_data(
    department: Make, answer: httpx.Response, caplog: pytest.LogCaptureFixture
) -> None:
    fake = department(lambda request: answer)
    with caplog.at_level(logging.INFO):
        await fake.ask()
    text = caplog.text
    assert text.count('"event": "department_call"') == 1
    assert not [value for value in PRIVATE if value in text]
