"""Compares names the lenient way an officer would: case, spaces and composition aside."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def plain(name: str) -> str:
    """A name without what does not matter."""
    return " ".join(unicodedata.normalize("NFC", name).casefold().split())


def is_one_of(name: str, forms: Iterable[str]) -> bool:
    """Whether `name` is one of the known forms."""
    return plain(name) in {plain(form) for form in forms}
