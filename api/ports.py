"""What `api` needs from other parts, as protocols. Tests use fakes in their place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from nlu.speech.transcript import Reading, Transcript
from nlu.turn import Message, Turned


class Engine(Protocol):
    """Understanding and dialogue: `nlu.engine.rasa_engine.Engine`."""

    @property
    def model_id(self) -> str:
        """The model that answers now; empty while none is loaded."""

    async def parse(
        self, text: str, language: str | None = None, client: str = ""
    ) -> dict[str, Any]:
        """The answer of `/parse`. A kept answer is used for the same client only."""

    async def parse_each(
        self,
        texts: Sequence[str],
        languages: Sequence[str | None] | None = None,
        client: str = "",
    ) -> list[dict[str, Any] | BaseException]:
        """The answers for several texts; an error at the place of one that has none."""

    async def parse_heard(self, readings: Sequence[Reading]) -> dict[str, Any]:
        """The answer for a voice note.

        Its words are those of the first reading; all readings help.
        """

    async def turn(self, message: Message, tracker: str | None = None) -> Turned:
        """Takes one turn after `tracker`. Raises `TurnFailed`; then nothing of the turn is kept."""

    async def is_healthy(self) -> bool:
        """Whether turns can be taken: the model is loaded and the action server works."""

    async def close(self) -> None:
        """Closes its connections."""


class Transcriber(Protocol):
    """Hears voice notes: `nlu.speech.pool.HearingPool`."""

    async def transcribe(
        self, recording: bytes, language: str | None, caller: str = ""
    ) -> Transcript:
        """Transcribes a recording.

        `language` is the saved one of the speaker; `caller` waits for it. Raises `SpeechError` if
        the recording is at fault, and `PoolFull` if too many wait.
        """

    async def close(self) -> None:
        """Ends its processes."""
