"""A department that no code knows: one YAML and its OpenAPI file connect it to a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.departments import Connector

from .library.app import Library
from .library.place import find, opened, reserve

pytestmark = pytest.mark.asyncio
Open = tuple[Library, Connector]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Open]:
    """A library with a connector."""
    with opened(tmp_path) as pair:
        yield pair


async def test_read_has_its_outcomes_and_fields(library: Open) -> None:
    _, connector = library
    found, missing = await find(connector), await find(connector, "లేని పుస్తకం")
    assert (found.outcome, found.fields) == ("ok", {"shelf": "తె-12"})
    assert (missing.outcome, missing.reason) == ("not_found", None)


async def test_write_is_done_once_for_its_key(library: Open) -> None:
    served, connector = library
    first, again = [await reserve(connector, "మహాప్రస్థానం") for _ in range(2)]
    assert (first.outcome, first.fields) == ("ok", {"number": "R-1", "until": "09-12-2026"})
    assert (again.outcome, again.fields) == (first.outcome, first.fields)
    (row,) = served.reservations.values()
    assert row == {"title": "మహాప్రస్థానం", "days": 14, "card": "తె/17", "number": "R-1"}


async def test_refusal_has_its_outcome(library: Open) -> None:
    _, connector = library
    await reserve(connector, "మహాప్రస్థానం", "turn-1")
    other = await reserve(connector, "మహాప్రస్థానం", "turn-2")
    assert other.outcome == "already_reserved"
