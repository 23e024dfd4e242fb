"""Slot values: reading an answer, and finding values in a free message."""

from __future__ import annotations

from nlu.slots.answer import parse
from nlu.slots.message import extract, extract_for_service, prepare
from nlu.slots.result import Found, Parsed, Reason, Rejected

__all__ = [
    "Found",
    "Parsed",
    "Reason",
    "Rejected",
    "extract",
    "extract_for_service",
    "parse",
    "prepare",
]
