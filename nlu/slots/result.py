"""What reading gives: a value, or the reason why there is none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Reason = Literal[
    "empty",
    "format",  # nothing of the right shape
    "checksum",  # the right shape, but a digit is wrong
    "too_small",
    "too_large",
    "not_future",
    "not_past",
    "unknown_place",
    "unknown_choice",
    "digits",  # a name with digits in it
    "length",
]


@dataclass(frozen=True)
class Parsed:
    """An answer that fits: the stored value, and words to show for it where it is an id."""

    value: str
    display: Mapping[str, str] | None = None


@dataclass(frozen=True)
class Rejected:
    """An answer that does not fit."""

    reason: Reason


@dataclass(frozen=True)
class Found:
    """A value in a free message; `start:end` and `raw` are code points of the text as given."""

    slot_type: str
    value: str
    start: int
    end: int
    raw: str
    confidence: float
    role: str | None = None
    slot: str | None = None  # set by extract_for_service


@dataclass(frozen=True)
class Hit:
    """A value at `start:end` of the normalised text, before its raw place is known."""

    start: int
    end: int
    value: str
    confidence: float = 1.0
    role: str | None = None
