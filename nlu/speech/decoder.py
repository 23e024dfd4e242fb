"""A process that hears recordings: its deadlines, and its end when it hangs.

FFmpeg and the models read what strangers send, so they may hang, or be killed for their memory;
neither may take more along than the one recording. A recording goes over as a descriptor of memory:
however the process ends, no voice is left on a disk.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from typing import Any

from nlu.speech.errors import SpeechError, SpeechModelError
from nlu.speech.settings import Deadlines
from nlu.speech.transcript import Transcript

_PR_SET_PDEATHSIG = 1
_NICE = 10  # texts go first where both want a core
_GONE = 1.0  # seconds until a killed process is gone
_SPAWN = multiprocessing.get_context("spawn")
_READY, _READ, _HEARD, _FAILED = "ready", "read", "heard", "failed"  # what the process reports


class DecoderDied(Exception):
    """The process ended while it heard a recording, killed for its memory or by an operator."""


class DecoderHung(Exception):
    """The process took longer than it may and was killed."""


class Decoder:
    """One process with the speech models, from its first recording to its end.

    Its methods block; `hear` is for one thread at a time, `kill` for any. That thread must outlive
    the process: Linux kills the children of a thread that ends.
    """

    def __init__(self, load: Callable[[], Any], deadlines: Deadlines) -> None:
        """Starts nothing yet. `load` makes the transcriber; the process imports it by its name."""
        self._load, self._deadlines = load, deadlines
        self._change = threading.Lock()
        self._killed = False
        self._process: BaseProcess | None = None
        self._line: Connection | None = None

    @property
    def fit(self) -> bool:
        """Whether it may hear another recording: not killed, and alive if it was started."""
        return not self._killed and (self._process is None or self._process.is_alive())

    def hear(self, recording: bytes, language: str | None) -> Transcript:
        """What is said in a recording by somebody whose saved language is `language`.

        Raises SpeechError and SpeechModelError, as the transcriber does; the latter also if the
        models do not load in time. DecoderDied and DecoderHung: the process is gone.
        """
        with _descriptor(recording) as descriptor:
            try:
                return self._told(descriptor, language)
            except (EOFError, OSError) as error:
                raise DecoderDied(f"exit code {self._ended()}") from error
            except (SpeechError, RuntimeError):
                raise  # about the recording: the process goes on
            except BaseException:
                self.kill()
                raise

    def kill(self) -> None:
        """Ends the process at once, whatever it does; it has nothing to lose."""
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
        """The line to the process, whose models are loaded."""
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
        theirs.close()  # so that the end of the process ends the line
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
        """The next report, which must come within `seconds`; raises the error that it tells of."""
        if not line.poll(seconds):
            raise DecoderHung(f"no word within {seconds:g} s")
        kind, value = line.recv()
        if kind == _FAILED:
            raise value
        return kind, value

    def _ended(self) -> int | None:
        """The exit code, once the process has ended."""
        self.kill()
        if self._process is None:
            return None
        self._process.join(_GONE)
        return self._process.exitcode


@contextmanager
def _descriptor(recording: bytes) -> Iterator[int]:
    """A file in memory, without a name, that holds the recording."""
    with os.fdopen(os.memfd_create("recording"), "wb") as file:
        file.write(recording)
        file.flush()
        yield file.fileno()


def _work(parent: int, line: Connection, load: Callable[[], Any]) -> None:
    """The process: hears one recording after the other until nobody is at the other end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's, whose end is also ours
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
    """An error that another process can read; of a strange one only its kind, for the words in it
    may be a citizen's."""
    if isinstance(error, (SpeechError, SpeechModelError)):
        return error
    return RuntimeError(f"the transcriber failed: {type(error).__name__}")
