"""The JMESPath functions that write dates, times and money for citizens."""

from __future__ import annotations

from pathlib import Path

import jmespath
import pytest

from actions.departments import load_departments
from actions.departments.formats import TextFunctions

FORMATS = load_departments(Path(__file__).parents[2] / "data" / "departments", {})["energy"].formats


@pytest.mark.parametrize(
    ("expression", "language", "text"),
    [
        ("date_text('2026-11-05')", "te", "05-11-2026"),
        ("date_text('2026-11-05T20:00:00Z')", "te", "06-11-2026"),
        ("time_text('07:05')", "te", "7:05 AM"),
        ("time_text('2026-11-05T20:00:00Z')", "en", "1:30 AM"),
        ("datetime_text('2026-11-05T18:30:00+05:30')", "en", "05-11-2026 6:30 PM"),
        ("month_text('2026-11')", "te", "నవంబరు 2026"),
        ("month_text('2026-01')", "hi", "जनवरी 2026"),
        ("money_text(`1260.5`)", "hi", "1,260.50"),
        ("money_text(`null`)", "hi", None),
        ("date_text(`null`)", "hi", None),
    ],
)
def test_function_writes_for_the_citizen(expression: str, language: str, text: str | None) -> None:
    options = jmespath.Options(custom_functions=TextFunctions(FORMATS, language))
    assert jmespath.search(expression, {}, options) == text
