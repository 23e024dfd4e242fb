"""Transcribers for the processes of a pool; imported there by name."""

from __future__ import annotations

import os
import stat
import time
from pathlib import Path

from nlu.speech.errors import SpeechError, SpeechModelError
from nlu.speech.transcript import Transcript


class Echo:
    """Says what the file holds, after as many seconds as it says; tells how the file lay there."""

    def transcribe(self, path: Path, language: str | None) -> Transcript:
        words = path.read_text("utf-8")
        if words == "broken":
            raise SpeechError("unreadable_audio", "it is broken")
        if words == "die":
            os._exit(1)
        if words.startswith("die once "):
            marker = Path(words.removeprefix("die once "))
            if not marker.exists():
                marker.touch()
                os._exit(1)
        if words.startswith("sleep"):
            time.sleep(0.2)
        mode = oct(stat.S_IMODE(path.stat().st_mode))
        return Transcript(words, language or "te", 1.0, 1.0, 0.1, f"{path} {mode} {os.getpid()}")


def echo() -> Echo:
    return Echo()


def no_model() -> Echo:
    raise SpeechModelError("there is no model")
