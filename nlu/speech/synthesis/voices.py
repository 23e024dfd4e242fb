"""Reads `data/voices.yml` and opens voices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nlu.fast_yaml import load_yaml
from nlu.paths import data_folder
from nlu.speech.synthesis.festival import FestivalVoice
from nlu.speech.synthesis.kokoro import KokoroSettings, KokoroVoice
from nlu.speech.synthesis.speakable import Speaking
from nlu.speech.synthesis.spoken import SynthesisError, Voice

ENGINES = ("festival", "kokoro")


@dataclass(frozen=True)
class VoiceEntry:
    """One voice; `sounds` is espeak-ng's language, for Kokoro only."""

    name: str
    engine: str
    language: str
    voice: str
    licence: str
    sounds: str = ""


@dataclass(frozen=True)
class Voices:
    """All of `data/voices.yml`."""

    entries: Mapping[str, VoiceEntry]
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
    path = path or data_folder() / "voices.yml"
    try:
        data: dict[str, Any] = load_yaml(path.read_text("utf-8"))
        entries = {name: VoiceEntry(name, **raw) for name, raw in data["voices"].items()}
        benchmark = {key: tuple(names) for key, names in data["benchmark"].items()}
        training = {name: int(number) for name, number in data["training"].items()}
        kokoro = dict(data["kokoro"])
        kokoro["speeds"] = tuple(kokoro["speeds"])
        kokoro["phonemes"] = tuple((a, b) for a, b in kokoro["phonemes"])
        speaking = {key: Speaking(**raw) for key, raw in data["speaking"].items()}
        found = Voices(
            entries,
            training,
            benchmark,
            dict(data["replies"]),
            {language: speaking[language] for language in data["replies"]},
            int(data["digits_alone"]),
            data["styles"],
            KokoroSettings(**kokoro),
        )
    except (OSError, KeyError, TypeError, ValueError, AttributeError, yaml.YAMLError) as error:
        raise SynthesisError(f"{path}: {error!r}; see docs/voice.md for its shape") from error
    for entry in entries.values():
        if entry.engine not in ENGINES:
            raise SynthesisError(f"{path}: {entry.name}: engine is one of {', '.join(ENGINES)}")
    named = (name for names in benchmark.values() for name in names)
    for name in (*training, *named, *found.replies.values()):
        found.entry(name)
    return found


def open_voice(name: str, voices: Voices | None = None) -> Voice:
    """The voice called `name`. Raises SynthesisError where it is unknown or not installed."""
    voices = voices or load_voices()
    entry = voices.entry(name)
    if entry.engine == "festival":
        return FestivalVoice(entry.name, entry.language, entry.voice)
    return KokoroVoice(entry.name, entry.language, entry.voice, entry.sounds, voices.kokoro)
