"""What `api` needs from the other parts, as protocols: fakes in tests, the real ones at work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from nlu.speech.transcript import Reading
from nlu.turn import Message, Turned


class Engine(Protocol):
    """`nlu.engine.rasa_engine.Engine`: understanding and dialogue."""

    async def parse(
        self, text: str, language: str | None = None, client: str = ""
    ) -> dict[str, Any]:
        """The answer of `/parse`; what is kept of it is kept for that client alone."""

    async def parse_many(
        self,
        texts: Sequence[str],
        languages: Sequence[str | None] | None = None,
        client: str = "",
    ) -> list[dict[str, Any]]:
        """The answers for several texts."""

    async def parse_heard(self, readings: Sequence[Reading]) -> dict[str, Any]:
        """The answer for a voice note: the first reading's words and language count, all help."""

    async def turn(self, message: Message, tracker: str | None = None) -> Turned:
        """One turn after `tracker`. Raises `TurnFailed`, which leaves no trace."""

    async def is_healthy(self) -> bool:
        """Whether turns can be taken: the model is loaded and the action server can work."""

    async def close(self) -> None:
        """Ends its connections."""


class Transcript(Protocol):
    """What was heard in a voice message."""

    @property
    def text(self) -> str:
        """The words; empty if nothing was understood."""

    @property
    def language(self) -> str | None:
        """The language heard."""

    @property
    def language_probability(self) -> float:
        """How sure the language is."""

    @property
    def duration_s(self) -> float:
        """Length of the audio."""

    @property
    def elapsed_s(self) -> float:
        """Time it took."""

    @property
    def model(self) -> str:
        """What transcribed it."""

    @property
    def warnings(self) -> Sequence[str]:
        """What makes it doubtful."""

    def readings(self) -> Sequence[Reading]:
        """The text, and what it is as another language where that was a close call."""

    def as_json(self) -> dict[str, Any]:
        """All of it, for an API."""


class Transcriber(Protocol):
    """`nlu.speech.pool.HearingPool`."""

    async def transcribe(
        self, recording: bytes, language: str | None, caller: str = ""
    ) -> Transcript:
        """The transcript of a recording; `language` is the speaker's saved one, `caller` who
        waits for it. `SpeechError` if the recording is at fault, `PoolFull` if too many wait."""

    async def close(self) -> None:
        """Ends what was started."""


Phrases = Mapping[str, Mapping[str, str]]
"""`catalogue.phrases`: name, then language, then words."""
