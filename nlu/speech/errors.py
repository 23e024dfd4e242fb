"""Why a recording could not be heard. The set of codes is closed: each has words for citizens."""

from __future__ import annotations

from typing import Literal

SpeechErrorCode = Literal[
    "unreadable_audio", "empty_audio", "audio_too_long", "audio_too_large", "hearing_failed"
]


class SpeechError(Exception):
    """The recording is at fault, even if it only makes every process die.

    `code` is stable. The message is for operators.
    """

    def __init__(self, code: SpeechErrorCode, message: str) -> None:
        super().__init__(message)
        self.code: SpeechErrorCode = code

    def __reduce__(self) -> tuple[type, tuple[SpeechErrorCode, str]]:
        return type(self), (self.code, str(self))  # another process sends it


class SpeechModelError(Exception):
    """The model or its settings are at fault. The message says how to repair it."""
