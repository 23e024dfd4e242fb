"""Hears voice notes in processes of their own, so that no text waits behind audio.

Each process holds the speech models (0.4 GB with Whisper base) and one thread; it starts with the
first voice note. Callers take turns: who sends twenty recordings at once is heard once before
somebody else is, and once after.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import multiprocessing
import os
import signal
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from nlu.speech.transcript import Transcript
from nlu.speech.upload import voice_file

_PR_SET_PDEATHSIG = 1
_NICE = 10  # texts go first where both want a core
_TRIES = 2  # a process may have been killed for its memory, or by an operator


class PoolFull(Exception):
    """So many recordings wait already that this one was not taken."""


@dataclass
class _Waiting:
    caller: str
    turn: asyncio.Event = field(default_factory=asyncio.Event)


def load_transcriber() -> Any:
    """The real one; only the processes of a pool import it."""
    from nlu.speech.transcriber import Transcriber

    return Transcriber.load()


class HearingPool:
    """A bounded queue before a few processes; for one event loop."""

    def __init__(
        self, processes: int, waiting: int, *, load: Callable[[], Any] = load_transcriber
    ) -> None:
        """At most `waiting` recordings wait for one of the `processes`. `load` makes the
        transcriber of a process (a seam for tests; the processes import it by its name)."""
        self._processes, self._most, self._load = processes, waiting, load
        self._executor: ProcessPoolExecutor | None = None
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

        Raises PoolFull, SpeechError when the recording is at fault, and SpeechModelError.
        """
        await self._take_turn(caller)
        try:
            return await self._run(recording, language)
        finally:
            self._next()

    async def close(self) -> None:
        """Ends the processes; what is being heard is heard to its end."""
        if self._executor is not None:
            await asyncio.to_thread(self._executor.shutdown, cancel_futures=True)
            self._executor = None

    async def _take_turn(self, caller: str) -> None:
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
        loop = asyncio.get_running_loop()
        for attempt in range(1, _TRIES + 1):
            if self._executor is None:
                self._executor = ProcessPoolExecutor(
                    self._processes,
                    mp_context=multiprocessing.get_context("spawn"),
                    initializer=_begin,
                    initargs=(os.getpid(),),
                )
            executor = self._executor
            try:
                return await loop.run_in_executor(executor, _hear, self._load, recording, language)
            except BrokenProcessPool:
                if self._executor is executor:  # the first to notice
                    self._executor = None
                    executor.shutdown(wait=False)
                if attempt == _TRIES:
                    raise
        raise AssertionError("unreachable")


def _begin(parent: int) -> None:
    """In a new process: Ctrl-C is the parent's, whose end is also ours."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(_NICE)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


@lru_cache(maxsize=1)
def _transcriber(load: Callable[[], Any]) -> Any:
    return load()


def _hear(load: Callable[[], Any], recording: bytes, language: str | None) -> Transcript:
    with voice_file(recording) as path:
        found: Transcript = _transcriber(load).transcribe(path, language)
        return found
