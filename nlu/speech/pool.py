"""Hears voice notes in processes of their own, so that no text waits behind audio.

Each process holds the speech models (0.4 GB with Whisper base) and one thread; it starts with the
first voice note. Callers take turns: who sends twenty recordings at once is heard once before
somebody else is, and once after. A process that hangs or dies takes only its own recording along.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from nlu.paths import folder_in_use, read_from
from nlu.speech.decoder import Decoder, DecoderDied, DecoderHung
from nlu.speech.errors import SpeechError
from nlu.speech.settings import Deadlines, load_settings
from nlu.speech.transcript import Transcript

_TRIES = 2  # a process may have been killed for its memory, or by an operator


class PoolFull(Exception):
    """This recording was not taken: so many wait already, or the pool is closed."""


@dataclass
class _Waiting:
    caller: str
    turn: asyncio.Event = field(default_factory=asyncio.Event)


def load_transcriber(data: Path | None = None) -> Any:
    """The real one, with the settings in the folder `data`; only the processes of a pool import
    it."""
    from nlu.speech.transcriber import Transcriber

    read_from(data)
    return Transcriber.load()


class HearingPool:
    """A bounded queue before a few processes; for one event loop."""

    def __init__(
        self,
        processes: int,
        waiting: int,
        *,
        load: Callable[[], Any] | None = None,
        deadlines: Deadlines | None = None,
    ) -> None:
        """At most `waiting` recordings wait for one of the `processes`. `load` makes the
        transcriber of a process (a seam for tests; the processes import it by its name); it is
        `load_transcriber` with the data that this process reads when it starts one.
        `deadlines` are those of `data/speech.yml` if not given."""
        self._processes, self._most, self._load = processes, waiting, load
        self._deadlines = deadlines
        self._threads = ThreadPoolExecutor(processes, thread_name_prefix="hearing")
        self._idle: list[Decoder] = []
        self._busy: dict[Decoder, asyncio.Future[Transcript]] = {}
        self._closed = False
        self._free = processes
        self._queue: list[_Waiting] = []
        self._turns = 0
        self._last_turn: dict[str, int] = {}

    @property
    def depth(self) -> int:
        """Recordings that wait."""
        return len(self._queue)

    async def transcribe(
        self, recording: bytes, language: str | None, caller: str = ""
    ) -> Transcript:
        """What is said in a recording by somebody whose saved language is `language`.

        Raises PoolFull, SpeechError when the recording is at fault (`hearing_failed`: a process
        hung or died of it), and SpeechModelError. Who cancels it ends the process at once.
        """
        await self._take_turn(caller)
        try:
            return await self._run(recording, language)
        finally:
            self._next()

    async def close(self) -> None:
        """Ends the processes; what is being heard gets the seconds `end` for it."""
        self._closed = True
        while self._queue:
            self._queue.pop().turn.set()
        if self._busy:
            await asyncio.wait(self._busy.values(), timeout=self._limits().end)
        for decoder in (*self._idle, *self._busy):
            decoder.kill()
        await asyncio.to_thread(self._threads.shutdown)

    async def _take_turn(self, caller: str) -> None:
        if self._closed:
            raise PoolFull("closed")
        if self._free:
            self._free -= 1
            self._begin_turn(caller)
            return
        if len(self._queue) >= self._most:
            raise PoolFull(f"{len(self._queue)} recordings wait")
        waiting = _Waiting(caller)
        self._queue.append(waiting)
        try:
            await waiting.turn.wait()
        except asyncio.CancelledError:
            if waiting.turn.is_set():
                self._next()  # the turn came and nobody takes it
            else:
                self._queue.remove(waiting)
            raise

    def _next(self) -> None:
        """Gives a place on: to the caller whose last turn is longest ago."""
        if not self._queue:
            self._free += 1
            self._last_turn.clear()
            return
        chosen = min(self._queue, key=lambda one: self._last_turn.get(one.caller, 0))
        self._queue.remove(chosen)
        self._begin_turn(chosen.caller)
        chosen.turn.set()

    def _begin_turn(self, caller: str) -> None:
        self._turns += 1
        self._last_turn[caller] = self._turns

    async def _run(self, recording: bytes, language: str | None) -> Transcript:
        for _ in range(_TRIES):
            decoder = self._decoder()
            try:
                return await self._heard_by(decoder, recording, language)
            except DecoderHung as error:
                raise SpeechError("hearing_failed", f"the decoder hung: {error}") from error
            except DecoderDied as error:
                died = error
        raise SpeechError("hearing_failed", f"the decoder died {_TRIES} times: {died}") from died

    async def _heard_by(
        self, decoder: Decoder, recording: bytes, language: str | None
    ) -> Transcript:
        loop = asyncio.get_running_loop()
        job = loop.run_in_executor(self._threads, decoder.hear, recording, language)
        self._busy[decoder] = job
        try:
            return await job
        except asyncio.CancelledError:
            decoder.kill()  # its thread ends with it
            raise
        finally:
            del self._busy[decoder]
            if decoder.fit:
                self._idle.append(decoder)

    def _decoder(self) -> Decoder:
        """An idle process that is still alive, or one that will be started."""
        if self._closed:
            raise PoolFull("closed")
        while self._idle:
            decoder = self._idle.pop()
            if decoder.fit:
                return decoder
            decoder.kill()
        load = self._load or partial(load_transcriber, folder_in_use())
        return Decoder(load, self._limits())

    def _limits(self) -> Deadlines:
        return self._deadlines or load_settings().deadlines
