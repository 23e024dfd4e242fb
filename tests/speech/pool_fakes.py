"""Transcribers for the processes of a pool; imported there by name."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from nlu.speech.errors import SpeechError, SpeechModelError
from nlu.speech.transcript import Transcript


class Echo:
    """Says what the file holds, and does what it says: sleep, die, hang; tells who heard it."""

    def transcribe(
        self, path: Path, language: str | None, on_read: Callable[[float], None]
    ) -> Transcript:
        words = path.read_text("utf-8")
        if words == "hang in the file":
            time.sleep(3600)
        on_read(1.0)
        if words == "hang":
            time.sleep(3600)
        if words == "broken":
            raise SpeechError("unreadable_audio", "it is broken")
        if words == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        if words == "fail":
            raise ZeroDivisionError("a citizen's words")
        if words.startswith("die once "):
            marker = Path(words.removeprefix("die once "))
            if not marker.exists():
                marker.touch()
                os._exit(1)
        if words.startswith("sleep"):
            time.sleep(0.2)
        return Transcript(
            words, language or "te", 1.0, 1.0, 0.1, f"{path.readlink()} {os.getpid()}"
        )


def echo() -> Echo:
    return Echo()


def no_model() -> Echo:
    raise SpeechModelError("there is no model")


def slow_model() -> Echo:
    time.sleep(3600)
    return Echo()


def dying_model() -> Echo:
    os._exit(9)
