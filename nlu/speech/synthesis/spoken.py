"""What a voice is, and what it gives."""

from __future__ import annotations

from typing import Protocol

from nlu.speech.audio import Samples


class SynthesisError(Exception):
    """A voice is not installed, or cannot read this text; the message says which and what to do."""


class Voice(Protocol):
    """Reads sentences of one language aloud."""

    name: str
    language: str

    def say(self, text: str) -> Samples:
        """Float32 mono samples at 16 kHz, between -1 and 1. Raises SynthesisError."""
        ...
