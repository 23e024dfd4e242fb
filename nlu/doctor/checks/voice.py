"""Checks of what hears and speaks: a worker finds out at the first voice note."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from nlu.doctor.check import Finding, NotLooked, check
from nlu.doctor.deployment import Deployment

_MODEL_FILE = "model.bin"


@check(
    "speech-model",
    "the speech model of `SEVA_WHISPER_MODEL` is there",
    "`SEVA_WHISPER_MODEL` names a folder that is not there, or that holds no model",
    *("serve", "worker"),
)
def speech_model(here: Deployment) -> Iterator[Finding]:
    """It is loaded when somebody speaks."""
    named = here.settings.whisper_model
    if not named.startswith((".", "/", "~")):
        raise NotLooked("SEVA_WHISPER_MODEL names no folder of this machine")
    folder = Path(named).expanduser()
    if not (folder / _MODEL_FILE).is_file():
        wrong = f"has no {_MODEL_FILE}" if folder.is_dir() else "is not there"
        yield Finding(
            "trouble",
            f"the folder that SEVA_WHISPER_MODEL names {wrong}",
            "voice notes wait and are never heard; texts are answered, so nobody notices",
            "name the folder of a converted model (docs/voice.md), or leave it empty",
        )
