"""Keeps the cache of the tests away from the project's."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for SEVA_CACHE_DIR, outside the catalogue under test."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("SEVA_CACHE_DIR", str(folder))
    return folder
