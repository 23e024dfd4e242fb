"""A world of payments in a folder of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from .world import World


@pytest.fixture(autouse=True)
def own_files(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Files of this test only."""
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path))


@pytest.fixture
def world(tmp_path: Path) -> World:
    """The sandbox and an action server."""
    return World(tmp_path)
