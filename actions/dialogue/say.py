"""What is said in one turn: text, buttons, a list, a document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Button:
    """A reply button or list row. `payload` is an intent with data, as Rasa reads it."""

    title: str
    payload: str
    description: str | None = None


@dataclass(frozen=True)
class Say:
    """One message to the citizen. `button_label` opens a list where there are many buttons."""

    text: str
    buttons: tuple[Button, ...] = ()
    button_label: str | None = None
    document_url: str | None = None
    document_name: str | None = None


def payload(intent: str, **data: str) -> str:
    """`/intent{"key": "value"}`."""
    return f"/{intent}{json.dumps(data, ensure_ascii=False)}"


def filled(words: Mapping[str, str], language: str, fields: Mapping[str, str] | None = None) -> str:
    """The words of one language with `{field}` placeholders filled; unknown fields stay empty."""
    return words[language].format_map(_Fields(fields or {}))


class _Fields(dict):
    def __missing__(self, key: str) -> str:
        return ""
