"""Reads `data/voices.yml` and opens voices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from nlu.paths import data_folder
from nlu.records import NOT_IN_FILE, Misfit, RecordError, key, read_record
from nlu.speech.synthesis.engines import (
    FestivalVoice,
    KokoroSettings,
    KokoroVoice,
    SynthesisError,
    Voice,
)
from nlu.speech.synthesis.speakable import Speaking


@dataclass(frozen=True)
class VoiceEntry:
    """One voice; `sounds` is espeak-ng's language, for Kokoro only."""

    engine: Literal["festival", "kokoro"]
    language: str
    voice: str
    licence: str
    sounds: str = ""
    name: str = field(default="", metadata=NOT_IN_FILE)
    """Its key under `voices:`."""


@dataclass(frozen=True)
class Voices:
    """All of `data/voices.yml`."""

    entries: Mapping[str, VoiceEntry] = field(metadata=key("voices"))
    training: Mapping[str, int]
    benchmark: Mapping[str, tuple[str, ...]]
    replies: Mapping[str, str]
    speaking: Mapping[str, Speaking]
    digits_alone: int
    styles: Mapping[str, str]
    kokoro: KokoroSettings

    def entry(self, name: str) -> VoiceEntry:
        """Raises SynthesisError for an unknown name."""
        if name not in self.entries:
            raise SynthesisError(f"no voice {name!r}; there are {', '.join(self.entries)}")
        return self.entries[name]

    def readings(self, name: str) -> int:
        """How many utterances of each service the voice reads for training; one without a number
        of its own as many as the first that has one. Raises SynthesisError."""
        self.entry(name)
        return self.training.get(name) or next(iter(self.training.values()), 1)


def load_voices(path: Path | None = None) -> Voices:
    """Reads `path`, by default `voices.yml` in SEVA_DATA_DIR. Raises SynthesisError."""
    try:
        voices = read_record(path or data_folder() / "voices.yml", Voices, _misfits)
    except RecordError as error:
        raise SynthesisError(f"{error}\nsee docs/voice.md for its shape") from error
    entries = {name: replace(entry, name=name) for name, entry in voices.entries.items()}
    return replace(voices, entries=entries)


def _misfits(voices: Voices) -> Iterator[Misfit]:
    of_benchmark = (name for names in voices.benchmark.values() for name in names)
    for name in (*voices.training, *of_benchmark, *voices.replies.values()):
        if name not in voices.entries:
            yield Misfit(f"no voice {name!r}", "add it under `voices:`, or name another")
    for language in voices.replies:
        if language not in voices.speaking:
            yield Misfit(f"`speaking` lacks {language}", "say how signs are read aloud in it")


def open_voice(name: str, voices: Voices | None = None) -> Voice:
    """The voice called `name`. Raises SynthesisError where it is unknown or not installed."""
    voices = voices or load_voices()
    entry = voices.entry(name)
    if entry.engine == "festival":
        return FestivalVoice(entry.name, entry.language, entry.voice)
    return KokoroVoice(entry.name, entry.language, entry.voice, entry.sounds, voices.kokoro)
