"""Why a recording could not be heard: a closed set, so that each has words for the citizen."""

from __future__ import annotations

from typing import Literal

SpeechErrorCode = Literal[
    "unreadable_audio", "empty_audio", "audio_too_long", "audio_too_large", "hearing_failed"
]


class SpeechError(Exception):
    """The recording itself is at fault, be it that no process lives through it. `code` is stable;
    the message is for operators."""

    def __init__(self, code: SpeechErrorCode, message: str) -> None:
        super().__init__(message)
        self.code: SpeechErrorCode = code

    def __reduce__(self) -> tuple[type, tuple[SpeechErrorCode, str]]:
        return type(self), (self.code, str(self))  # it comes from another process


class SpeechModelError(Exception):
    """The model or its settings are at fault; the message says how to mend it."""
