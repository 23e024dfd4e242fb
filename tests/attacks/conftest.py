"""The inbox's fixtures."""

from __future__ import annotations

from tests.inbox.conftest import clock, engine, pytest_generate_tests, store

__all__ = ["clock", "engine", "pytest_generate_tests", "store"]
