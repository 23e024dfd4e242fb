"""A sealing key of the tests' own."""

from __future__ import annotations

from tests.dialogue.conftest import own_key

__all__ = ["own_key"]
