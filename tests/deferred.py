"""Modules that cost seconds and hundreds of megabytes (Rasa with TensorFlow, torch), imported when
a test first uses something of them. Every worker of `make test` collects every file, and most of
them run none of these tests."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class Deferred:
    """Stands for a module; what is asked of it is looked up there."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)
