"""What was heard in one voice note."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

TranscriptWarning = Literal["no_speech", "prompt_leak", "repetition", "too_long"]


@dataclass(frozen=True)
class Reading:
    """The same speech written down as another language, and how likely that one was spoken."""

    text: str
    language: str
    language_probability: float = 0.0


@dataclass(frozen=True)
class Transcript:
    """The text and how far to trust it.

    `text` is empty when nothing usable was heard; `warnings` then says why. Only `too_long` comes
    with a text: that of the part that was heard. `others` holds the
    speech written down as other languages: close calls, and what helps to understand.
    """

    text: str
    language: str
    language_probability: float
    duration_s: float
    elapsed_s: float
    model: str
    warnings: tuple[TranscriptWarning, ...] = ()
    others: tuple[Reading, ...] = ()

    def readings(self) -> tuple[Reading, ...]:
        """The text, then the others."""
        return (Reading(self.text, self.language, self.language_probability), *self.others)

    def as_json(self) -> dict[str, Any]:
        """The JSON object of `seva transcribe --json` and of `/parse/voice`."""
        return {
            **asdict(self),
            "warnings": list(self.warnings),
            "others": [asdict(reading) for reading in self.others],
        }
