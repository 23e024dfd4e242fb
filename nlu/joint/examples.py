"""A labelled message, as the trainer and the public benchmarks see it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Span:
    """A slot value: characters `start` to `end` (exclusive) of the text, and the slot's label."""

    start: int
    end: int
    label: str


@dataclass(frozen=True)
class Example:
    """A message with its intent and slot values. `language` is for reports only."""

    text: str
    intent: str
    spans: tuple[Span, ...] = ()
    language: str = ""
