"""Formats, dates, times, amounts, counts and measures as people write them in the five keys."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from nlu.catalogue import Catalogue
from nlu.fast_yaml import load_yaml
from nlu.slots import Parsed, Rejected, extract, parse

HERE = Path(__file__).parent
TABLE = load_yaml((HERE / "formats.yml").read_text("utf-8"))
MESSAGES = load_yaml((HERE / "format_messages.yml").read_text("utf-8"))
CASES = [
    pytest.param(name, str(text), value, id=f"{name}-{key}-{text}")
    for name, keys in TABLE.items()
    for key, rows in keys.items()
    for text, value in rows.items()
]


@pytest.mark.parametrize(("name", "text", "value"), CASES)
def test_parse_reads_formats_in_five_keys(
    name: str, text: str, value: str | list[str], catalogue: Catalogue, today: date
) -> None:
    found = parse(catalogue.slot_types[name], text, today=today, catalogue=catalogue)
    if isinstance(value, list):
        assert found == Rejected(value[0])  # type: ignore[arg-type]
    else:
        assert isinstance(found, Parsed), found
        assert found.value == value


@pytest.mark.parametrize("name", TABLE)
def test_every_format_is_tested_in_five_keys(name: str, catalogue: Catalogue) -> None:
    assert set(TABLE[name]) == set(catalogue.languages.keys)


@pytest.mark.parametrize("case", MESSAGES, ids=lambda case: case["text"])
def test_extract_finds_formats_and_leaves_other_numbers(
    case: dict[str, object], catalogue: Catalogue, today: date
) -> None:
    text = str(case["text"])
    types = [catalogue.slot_types[name] for name in case["types"]]  # type: ignore[attr-defined]
    found = extract(text, types, today=today, catalogue=catalogue)
    assert [f"{f.slot_type}: {f.value} @{f.raw}" for f in found] == case["found"]
    assert all(text[f.start : f.end] == f.raw for f in found)
