"""The inbox's fixtures."""

from tests.inbox.conftest import clock, engine, store

__all__ = ["clock", "engine", "store"]
