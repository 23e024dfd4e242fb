"""Sentences of the catalogue, found again in what was said with anything in their fields."""

from __future__ import annotations

from functools import cache

import regex

_FIELD = regex.compile(r"\\\{\w+\\\}")


@cache
def like(words: str) -> regex.Pattern[str]:
    """A sentence with anything in its fields."""
    return regex.compile(_FIELD.sub(".*?", regex.escape(words, special_only=True)), regex.DOTALL)
