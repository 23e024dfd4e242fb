"""Slow tests, by folder or file: they need Rasa, a model, a browser or several processes."""

from __future__ import annotations

from pathlib import Path

import pytest

SLOW_FILES = (
    "test_with_simulator.py",
    "test_worker_life.py",
    "test_pdf.py",
    "test_scanned.py",
    "test_schemathesis.py",
    "test_issuing_killed.py",
)
SLOW = (
    "browser",
    "verification",
    "transparency",
    "conversations",
    "speech",
    "sandbox",
    "faults",
    "rasa",
    "demo",
    "docs",
)
TESTS = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks tests of slow folders, so that `make check` leaves them to `make test`."""
    for item in items:
        folder = item.path.relative_to(TESTS).parts[0]
        if folder in SLOW or item.path.name in SLOW_FILES:
            item.add_marker(pytest.mark.slow)
