"""A department with each kind of operation, served over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from .permits.place import Place, opened


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """The permits department and connectors to it."""
    with opened(tmp_path) as place:
        yield place
