"""Fakes behind the HTTP surface."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy

from nlu.speech.transcript import Reading
from nlu.turn import Message, Turned


@dataclass
class FakeUnderstanding:
    """Understands everything as one service."""

    asked: list[tuple[str, str | None]] = field(default_factory=list)
    clients: list[str] = field(default_factory=list)
    error: Exception | None = None
    failing: frozenset[str] = frozenset()
    model_id: str = "fake"

    async def parse(
        self, text: str, language: str | None = None, client: str = ""
    ) -> dict[str, Any]:
        if self.error:
            raise self.error
        if text in self.failing:
            raise RuntimeError(text)
        self.asked.append((text, language))
        self.clients.append(client)
        return {
            "text": text,
            "intent": {"name": "electricity_bill_view", "confidence": numpy.float32(0.97)},
            "intent_ranking": [{"name": "electricity_bill_view", "confidence": 0.97}],
            "entities": [],
            "text_tokens": [[0, len(text)]],
            "language": {"key": "te", "confidence": 0.99, "script": "Telu", "mixed": False},
            "decision": {
                "kind": "route",
                "options": [{"service": "electricity_bill_view", "title": "కరెంటు బిల్లు"}],
                "about": [],
                "danger": None,
                "danger_in_doubt": False,
                "elsewhere": None,
            },
            "model": self.model_id,
            "elapsed_ms": 0.1,
        }

    async def parse_each(
        self,
        texts: Sequence[str],
        languages: Sequence[str | None] | None = None,
        client: str = "",
    ) -> list[dict[str, Any] | BaseException]:
        asked = (self.parse(*pair, client) for pair in zip(texts, languages or [], strict=True))
        return await asyncio.gather(*asked, return_exceptions=True)

    async def parse_heard(self, readings: Sequence[Reading]) -> dict[str, Any]:
        """As if the first reading was written."""
        return await self.parse(readings[0].text, readings[0].language)

    async def turn(self, message: Message, tracker: str | None = None) -> Turned:
        raise NotImplementedError

    async def language(self, sender: str) -> str | None:
        return None


@dataclass(frozen=True)
class FakeTranscript:
    text: str
    language: str = "te"
    language_probability: float = 0.9
    duration_s: float = 1.0
    elapsed_s: float = 0.1
    model: str = "fake"
    warnings: tuple[str, ...] = ()
    others: tuple[Reading, ...] = ()

    def readings(self) -> tuple[Reading, ...]:
        return (Reading(self.text, self.language, self.language_probability), *self.others)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "warnings": list(self.warnings)}


@dataclass
class FakeSpeech:
    text: str = "కరెంటు బిల్లు"
    error: Exception | None = None
    heard: list[tuple[bytes, str | None]] = field(default_factory=list)

    async def transcribe(
        self, recording: bytes, language: str | None, caller: str = ""
    ) -> FakeTranscript:
        if self.error:
            raise self.error
        self.heard.append((recording, language))
        return FakeTranscript(self.text)

    async def close(self) -> None:
        pass
