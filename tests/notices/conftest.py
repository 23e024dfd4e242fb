"""A sealing key of the tests' own."""

from __future__ import annotations

from tests.dialogue.conftest import catalogue, own_key

__all__ = ["catalogue", "own_key"]
