"""A folder of a test's own, in which keys are made and changed."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Keys come from files in it, and not from the environment."""
    monkeypatch.delenv("SEVA_SEALING_KEY", raising=False)
    monkeypatch.delenv("SEVA_HASHING_KEY", raising=False)
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path))
    return tmp_path
