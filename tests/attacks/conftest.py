"""The inbox's fixtures."""

from tests.inbox.conftest import clock, store

__all__ = ["clock", "store"]
