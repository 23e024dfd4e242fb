"""Turns with a fake engine, a fake WhatsApp and a fake transcriber, on the real store."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from api.inbox.store import StoredInbox
from nlu.speech.transcript import Reading
from tests.inbox.worker_fakes import Clock, FakeEngine, FakeWhatsApp, make_worker


@dataclass
class FakeTranscript:
    text: str
    language: str = "te"
    language_probability: float = 0.9
    others: tuple[Reading, ...] = ()

    def readings(self) -> tuple[Reading, ...]:
        return (Reading(self.text, self.language, self.language_probability), *self.others)


@dataclass
class FakeTranscriber:
    text: str = "కరెంటు బిల్లు"
    language_probability: float = 0.9
    error: Exception | None = None
    others: tuple[Reading, ...] = ()
    asked: list[tuple[bytes, str | None, str]] = field(default_factory=list)
    go: asyncio.Event | None = None

    async def transcribe(self, recording: bytes, language: str | None, caller: str = "") -> Any:
        self.asked.append((recording, language, caller))
        if self.go:
            await self.go.wait()
        if self.error:
            raise self.error
        return FakeTranscript(self.text, "te", self.language_probability, self.others)

    async def close(self) -> None:
        pass


class Bench:
    def __init__(self, store: StoredInbox, clock: Clock) -> None:
        self.store, self.clock = store, clock
        self.engine, self.whatsapp = FakeEngine(), FakeWhatsApp(files={"m1": b"OggS"})
        self.transcriber = FakeTranscriber()
        self.spoken: frozenset[str] = frozenset()

    async def say(self, *messages: Any) -> list[str]:
        """New texts that WhatsApp took."""
        before = len(self.whatsapp.taken)
        await self.store.put(messages)
        worker = make_worker(
            self.store,
            self.engine,
            self.whatsapp,
            self.clock,
            transcriber=self.transcriber,
            spoken=self.spoken,
        )
        await worker.drain()
        return self.whatsapp.texts()[before:]

    def last(self) -> Any:
        return self.whatsapp.taken[-1][2]


def kinds(bench: Bench) -> list[str]:
    return [message.kind for _, _, message in bench.whatsapp.taken]
