"""schemathesis over every operation of every department: the sandbox answers as its files say."""

from __future__ import annotations

import itertools

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode

from actions.sandbox.store import DEPARTMENTS

from .conftest import DATA, KEY, Sandbox

EXAMPLES = {GenerationMode.POSITIVE: 2, GenerationMode.NEGATIVE: 1}
"""Requests of each operation that keep to its file, and that break it."""
_SERIAL = itertools.count()


@pytest.mark.parametrize("mode", EXAMPLES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("department", DEPARTMENTS)
def test_answers_keep_to_the_openapi_file(
    sandbox: Sandbox, department: str, mode: GenerationMode
) -> None:
    sandbox.touched.add(department)
    schema = schemathesis.openapi.from_path(DATA / "openapi" / f"{department}.yml")
    for found in schema.get_all_operations():
        _try(sandbox, department, found.ok(), mode)


def _try(
    sandbox: Sandbox,
    department: str,
    operation: schemathesis.APIOperation,
    mode: GenerationMode,
) -> None:
    @settings(
        max_examples=EXAMPLES[mode],
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case: schemathesis.Case) -> None:
        headers = dict(KEY) if mode is GenerationMode.POSITIVE else {"X-Api-Key": KEY["X-Api-Key"]}
        if mode is GenerationMode.POSITIVE and operation.method.upper() != "GET":
            # A key used for two requests is refused, as it should be.
            headers["Idempotency-Key"] = f"st-{next(_SERIAL)}"
        response = case.call(base_url=f"{sandbox.url}/{department}", headers=headers, timeout=30)
        case.validate_response(response, headers=headers)

    one()
