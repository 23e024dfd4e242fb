"""Hears voice notes in separate processes, so that no text waits behind audio.

Each process (`Decoder`) holds the speech models (0.4 GB with Whisper base) and one thread. It
starts with the first voice note. FFmpeg and the models read what strangers send, so a process may
hang or be killed for its memory. Then only its own recording is lost. The process gets a recording
as a descriptor of memory, so that no voice stays on a disk however the process ends.

Callers take turns (`HearingPool`). If one sends twenty recordings at once, one of them is heard
before the recording of somebody else, and the others after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from typing import Any

from nlu.paths import folder_in_use, read_from
from nlu.speech.errors import SpeechError, SpeechModelError
from nlu.speech.settings import Deadlines, load_settings
from nlu.speech.transcript import Transcript

_PR_SET_PDEATHSIG = 1
_NICE = 10  # texts go first if both need a core
_GONE = 1.0  # a killed process ends within these seconds
_SPAWN = multiprocessing.get_context("spawn")
_READY, _READ, _HEARD, _FAILED = "ready", "read", "heard", "failed"  # reports of the process
_TRIES = 2  # the system or an operator may have killed the first process


class DecoderDied(Exception):
    """The process ended while it heard a recording: the system or an operator killed it."""


class DecoderHung(Exception):
    """The process took longer than it may and was killed."""


class Decoder:
    """One process with the speech models, from its first recording to its end.

    Its methods block. One thread at a time may call `hear`; any may call `kill`. The thread of
    `hear` must live longer than the process: Linux kills the children of a thread that ends.
    """

    def __init__(self, load: Callable[[], Any], deadlines: Deadlines) -> None:
        """`load` makes the transcriber; the process imports it by its name. Nothing starts yet."""
        self._load, self._deadlines = load, deadlines
        self._change = threading.Lock()
        self._killed = False
        self._process: BaseProcess | None = None
        self._line: Connection | None = None

    @property
    def fit(self) -> bool:
        """Whether it can hear another recording: it was not killed, and it did not end."""
        return not self._killed and (self._process is None or self._process.is_alive())

    def hear(self, recording: bytes, language: str | None) -> Transcript:
        """Transcribes a recording of a citizen whose saved language is `language`.

        Raises SpeechError and SpeechModelError as the transcriber does; the second also if the
        models do not load in time. Raises DecoderDied or DecoderHung if the process is gone.
        """
        with _descriptor(recording) as descriptor:
            try:
                return self._told(descriptor, language)
            except (EOFError, OSError) as error:
                raise DecoderDied(f"exit code {self._ended()}") from error
            except (SpeechError, RuntimeError):
                raise  # the recording is at fault; the process goes on
            except BaseException:
                self.kill()
                raise

    def kill(self) -> None:
        """Ends the process at once. It holds nothing that could be lost."""
        with self._change:
            self._killed = True
            if self._process is not None:
                self._process.kill()

    def _told(self, descriptor: int, language: str | None) -> Transcript:
        line = self._started()
        line.send(language)
        send_handle(line, descriptor, self._process.pid)  # type: ignore[union-attr]
        kind, value = self._report(line, self._deadlines.read)
        if kind == _READ:
            _, value = self._report(line, self._deadlines.hearing(value))
        heard: Transcript = value
        return heard

    def _started(self) -> Connection:
        """The line to the process; its models are loaded."""
        if self._line is not None:
            return self._line
        line, theirs = _SPAWN.Pipe()
        with self._change:
            if self._killed:
                raise DecoderDied("killed before it began")
            process = _SPAWN.Process(
                target=_work, args=(os.getpid(), theirs, self._load), name="decoder", daemon=True
            )
            process.start()
            self._process = process
        theirs.close()  # then the line ends when the process ends
        try:
            self._report(line, self._deadlines.load)
        except EOFError as error:
            raise SpeechModelError(
                f"the process ended while it loaded the models (exit code {self._ended()})"
            ) from error
        except DecoderHung as error:
            raise SpeechModelError(
                f"the models did not load within {self._deadlines.load:g} s"
            ) from error
        self._line = line
        return line

    def _report(self, line: Connection, seconds: float) -> tuple[str, Any]:
        """The next report within `seconds`. If it reports an error, this raises the error."""
        if not line.poll(seconds):
            raise DecoderHung(f"no word within {seconds:g} s")
        kind, value = line.recv()
        if kind == _FAILED:
            raise value
        return kind, value

    def _ended(self) -> int | None:
        """Ends the process and returns its exit code."""
        self.kill()
        if self._process is None:
            return None
        self._process.join(_GONE)
        return self._process.exitcode


class PoolFull(Exception):
    """This recording was not taken: too many wait already, or the pool is closed."""


@dataclass
class _Waiting:
    caller: str
    turn: asyncio.Event = field(default_factory=asyncio.Event)


def load_transcriber(data: Path | None = None) -> Any:
    """The real transcriber, with the settings in the folder `data`. Only the processes of a pool
    import it."""
    from nlu.speech.transcriber import Transcriber

    read_from(data)
    return Transcriber.load()


class HearingPool:
    """A bounded queue in front of a few processes. One event loop uses it."""

    def __init__(
        self,
        processes: int,
        waiting: int,
        *,
        load: Callable[[], Any] | None = None,
        deadlines: Deadlines | None = None,
    ) -> None:
        """At most `waiting` recordings wait for one of the `processes`.

        `load` makes the transcriber of a process; tests give another. The default is
        `load_transcriber` with the data that this process reads when it starts one. The default for
        `deadlines` is in `data/speech.yml`.
        """
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
        """Number of recordings that wait."""
        return len(self._queue)

    async def transcribe(
        self, recording: bytes, language: str | None, caller: str = ""
    ) -> Transcript:
        """Transcribes a recording of a citizen whose saved language is `language`.

        Raises PoolFull, SpeechModelError, and SpeechError if the recording is at fault
        (`hearing_failed`: a process hung or died). Cancelling it ends the process at once.
        """
        await self._take_turn(caller)
        try:
            return await self._run(recording, language)
        finally:
            self._next()

    async def close(self) -> None:
        """Ends the processes. Recordings that are being heard get `end` seconds more."""
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
                self._next()  # the turn came, but nobody uses it
            else:
                self._queue.remove(waiting)
            raise

    def _next(self) -> None:
        """Gives the place to the caller whose last turn is longest ago."""
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
            decoder.kill()  # this also ends its thread
            raise
        finally:
            del self._busy[decoder]
            if decoder.fit:
                self._idle.append(decoder)

    def _decoder(self) -> Decoder:
        """An idle process that is alive, or a new one that is not started yet."""
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


@contextmanager
def _descriptor(recording: bytes) -> Iterator[int]:
    """A file in memory without a name; it holds the recording."""
    with os.fdopen(os.memfd_create("recording"), "wb") as file:
        file.write(recording)
        file.flush()
        yield file.fileno()


def _work(parent: int, line: Connection, load: Callable[[], Any]) -> None:
    """The process. It hears one recording after the other until the other end is closed."""
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C is for the parent; this process ends with it
    os.nice(_NICE)
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    try:
        transcriber = load()
    except Exception as error:
        line.send((_FAILED, _tellable(error)))
        return
    line.send((_READY, None))
    with contextlib.suppress(EOFError):
        while True:
            language = line.recv()
            descriptor = recv_handle(line)
            try:
                line.send(_heard(transcriber, descriptor, language, line))
            finally:
                os.close(descriptor)


def _heard(
    transcriber: Any, descriptor: int, language: str | None, line: Connection
) -> tuple[str, Any]:
    def read(seconds: float) -> None:
        line.send((_READ, seconds))

    try:
        file = Path(f"/proc/self/fd/{descriptor}")
        return _HEARD, transcriber.transcribe(file, language, on_read=read)
    except Exception as error:
        return _FAILED, _tellable(error)


def _tellable(error: Exception) -> Exception:
    """An error that another process can read.

    Of an unknown error only its class is kept, because its message may hold words of a citizen.
    """
    if isinstance(error, (SpeechError, SpeechModelError)):
        return error
    return RuntimeError(f"the transcriber failed: {type(error).__name__}")
