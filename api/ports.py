"""What `api` needs from the other parts, as protocols: fakes in tests, the real ones at work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from nlu.speech.readings import Reading


class Button(Protocol):
    """Something to tap; `id` is the payload that comes back to the engine."""

    @property
    def id(self) -> str:
        """The payload."""

    @property
    def title(self) -> str:
        """The words on it."""

    @property
    def description(self) -> str | None:
        """A second line, shown in lists only."""


class Document(Protocol):
    """A file to send along, fetched from `url`."""

    @property
    def url(self) -> str:
        """Where it lies."""

    @property
    def filename(self) -> str:
        """Its name for the citizen."""


class Reply(Protocol):
    """One bubble of the dialogue's answer, already in the citizen's language."""

    @property
    def text(self) -> str:
        """What is said."""

    @property
    def buttons(self) -> Sequence[Button]:
        """What can be tapped."""

    @property
    def button_label(self) -> str | None:
        """The words on the button that opens a list."""

    @property
    def document(self) -> Document | None:
        """A file to send along."""


class Engine(Protocol):
    """`nlu.engine.Engine`: understanding and dialogue."""

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

    async def turn(self, text: str, sender: str, metadata: Mapping[str, Any]) -> Sequence[Reply]:
        """One turn; the same `inbox_id` again gives the same replies and changes nothing.

        Only a text with `payload` true in the metadata may be read as an intent of ours.
        """

    async def language(self, sender: str) -> str | None:
        """The reply language that the dialogue holds for a citizen."""


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
