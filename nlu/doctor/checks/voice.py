"""Checks of what hears and speaks: a worker finds out at the first voice note, and goes on."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from nlu.doctor.check import Finding, NotLooked, check
from nlu.doctor.deployment import Deployment
from nlu.speech.errors import SpeechModelError
from nlu.speech.settings import WHEELS, ModelEntry, SpeechSettings, load_settings

_MODEL_FILE = "model.bin"
_UNHEARD = "voice notes wait and are never heard; texts are answered, so nobody notices"


@check(
    "speech-model",
    "the speech model is there",
    "`SEVA_WHISPER_MODEL` names a folder without a model; weights that are not there and cannot "
    "be made",
    *("serve", "worker"),
)
def speech_model(here: Deployment) -> Iterator[Finding]:
    """It is loaded when somebody speaks."""
    try:
        settings = load_settings(here.words / "speech.yml")
    except (SpeechModelError, OSError):
        raise NotLooked("speech.yml of the catalogue in use cannot be read") from None
    names = (here.settings.whisper_model or settings.default_model,)
    for entry in {name: settings.entry(name) for name in (*names, *_others(settings))}.values():
        if entry.source == WHEELS:
            yield from _of_wheels(entry, here)
        elif entry.source.startswith((".", "/", "~")):
            yield from _of_folder(Path(entry.source).expanduser())


def _others(settings: SpeechSettings) -> tuple[str, ...]:
    return tuple(settings.model_of_language.values())


def _of_folder(folder: Path) -> Iterator[Finding]:
    if not (folder / _MODEL_FILE).is_file():
        wrong = f"has no {_MODEL_FILE}" if folder.is_dir() else "is not there"
        yield Finding(
            "trouble",
            f"the folder of the speech model {wrong}",
            _UNHEARD,
            "name the folder of a converted model in SEVA_WHISPER_MODEL (docs/voice.md), or leave "
            "it empty",
        )


def _of_wheels(entry: ModelEntry, here: Deployment) -> Iterator[Finding]:
    files = entry.wheels.files if entry.wheels else ()
    folder = here.settings.cache_dir / "whisper" / (entry.wheels.folder if entry.wheels else "")
    made = all((folder / one.name).is_file() for one in files)
    if made:
        return
    lacking = sorted({part.split("/")[0] for one in files for part in one.parts if not _is(part)})
    if lacking or not _may_make(folder):
        yield Finding(
            "trouble",
            f"the speech weights are not in {folder.parent}, and cannot be made: "
            + (f"{', '.join(lacking)} not installed" if lacking else "the folder is read-only"),
            _UNHEARD,
            "set SEVA_CACHE_DIR to a folder of this user's, then `python -m nlu.speech.weights`",
        )
    else:
        yield Finding(
            "notice",
            f"the speech weights are not in {folder.parent} yet",
            "the first voice note waits until they are made",
            "`python -m nlu.speech.weights` makes them now",
        )


def _is(part: str) -> bool:
    return find_spec(part.split("/")[0]) is not None


def _may_make(folder: Path) -> bool:
    there = next(one for one in (folder, *folder.absolute().parents) if one.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


@check(
    "spoken-replies",
    "voices for replies are installed",
    "`SEVA_SPOKEN_REPLIES` is set, and a language has no voice on this machine",
    "worker",
)
def spoken_replies(here: Deployment) -> Iterator[Finding]:
    """A missing voice is told once in the log, and left out."""
    if not here.settings.spoken_replies:
        raise NotLooked("SEVA_SPOKEN_REPLIES is off")
    from nlu.speech.speaker import Speaker
    from nlu.speech.synthesis.engines import SynthesisError
    from nlu.speech.synthesis.voices import load_voices

    try:
        missing = Speaker(load_voices(here.words / "voices.yml")).missing
    except (SynthesisError, OSError):
        raise NotLooked("voices.yml of the catalogue in use cannot be read") from None
    if missing:
        yield Finding(
            "trouble",
            f"SEVA_SPOKEN_REPLIES is set, but no voice is installed for {', '.join(missing)}",
            "who cannot read gets text only in these languages",
            "`make voices` (docs/voice.md), or switch SEVA_SPOKEN_REPLIES off",
        )
