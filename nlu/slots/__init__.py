"""Slot values: reading an answer, and finding values in a free message."""

from __future__ import annotations

from nlu.slots.answer import parse
from nlu.slots.kind import Found, Parsed, Reason, Rejected
from nlu.slots.message import extract, extract_for_service, prepare

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
