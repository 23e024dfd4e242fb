"""Reads `data/speech.yml` into frozen dataclasses; limits and model can be set by environment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from nlu.paths import data_folder
from nlu.records import NOT_IN_FILE, Misfit, RecordError, read_record
from nlu.settings.groups import Hearing
from nlu.speech.errors import SpeechModelError

WHEELS = "wheels"
Mode = Literal["romanised", "native"]


@dataclass(frozen=True)
class WheelFile:
    """One file of a model that installed wheels carry in `parts` (paths below site-packages)."""

    name: str
    bytes: int
    sha256: str
    parts: tuple[str, ...]


@dataclass(frozen=True)
class Wheels:
    """Where the joined files go (below SEVA_CACHE_DIR/whisper) and what they are joined from."""

    folder: str
    files: tuple[WheelFile, ...]


@dataclass(frozen=True)
class ModelEntry:
    """A speech model: `source` is `wheels`, a folder or a hub id."""

    mode: Mode
    languages: tuple[str, ...]
    licence: str
    source: str = ""
    wheels: Wheels | None = None
    name: str = field(default="", metadata=NOT_IN_FILE)
    """Its key under `models:`."""

    def __post_init__(self) -> None:
        if self.source == WHEELS and self.wheels is None:
            raise Misfit("source `wheels` needs `wheels:`", "list the files and their parts")


@dataclass(frozen=True)
class LanguageWeight:
    """How much evidence counts; `sounds_like` are Whisper's codes that stand for the language."""

    sounds_like: tuple[str, ...]
    weight: float


@dataclass(frozen=True)
class Prior:
    """Factors for the language that the citizen has saved and for the others."""

    saved: float
    other: float


@dataclass(frozen=True)
class Limits:
    """Bounds of a recording; seconds and bytes."""

    max_speech_seconds: float
    min_audio_seconds: float
    min_decoded_share: float
    max_bytes: int = field(default=0, metadata=NOT_IN_FILE)
    """SEVA_MAX_AUDIO_BYTES."""
    max_seconds: float = field(default=0.0, metadata=NOT_IN_FILE)
    """SEVA_MAX_AUDIO_SECONDS."""


@dataclass(frozen=True)
class Deadlines:
    """How long a decoder process may take, in seconds: to start with the models, to read a file, to
    hear it (`hear`, and `hear_per_second` for each second of sound), to end."""

    load: float
    read: float
    hear: float
    hear_per_second: float
    end: float

    def hearing(self, length: float) -> float:
        """For `length` seconds of sound, once they are read."""
        return self.hear + self.hear_per_second * length


@dataclass(frozen=True)
class Rejection:
    """When a text is no transcript but the prompt's or a loop's."""

    leak_similarity: float
    leak_letters: int
    loop_repeats: tuple[int, ...]
    loop_share: float
    max_compression_ratio: float


@dataclass(frozen=True)
class SpeechSettings:
    """All of `data/speech.yml`. `decoding` and `vad` are faster-whisper's own keyword arguments."""

    default_model: str
    model_of_language: Mapping[str, str]
    models: Mapping[str, ModelEntry]
    unlisted_model: ModelEntry
    compute_type: str
    decoding: Mapping[str, Any]
    romanised_decoding: Mapping[str, Any]
    vad: Mapping[str, Any]
    prompts: Mapping[str, tuple[str, ...]]
    languages: Mapping[str, LanguageWeight]
    prior: Prior
    close_call: float
    also_as: Mapping[str, tuple[str, ...]]
    limits: Limits
    deadlines: Deadlines
    formats: tuple[str, ...]
    rejection: Rejection

    def entry(self, name: str) -> ModelEntry:
        """The entry called `name`, or one for a folder or hub id that has none."""
        for entry in self.models.values():
            if name in (entry.name, entry.source) and name != WHEELS:
                return entry
        return replace(self.unlisted_model, name=Path(name).name, source=name)

    def hearing_with(self, name: str) -> SpeechSettings:
        """These settings, but the model called `name` (or a folder, or a hub id) hears every
        language that it knows."""
        entry = self.entry(name)
        chosen = dict.fromkeys(entry.languages, entry.name)
        return replace(
            self,
            models={**self.models, entry.name: entry},
            model_of_language={**self.model_of_language, **chosen},
        )

    @property
    def default_entry(self) -> ModelEntry:
        """SEVA_WHISPER_MODEL if set, else `default_model`."""
        return self.entry(Hearing.read().whisper_model or self.default_model)

    def entry_for(self, language: str) -> ModelEntry:
        """The model that writes down `language`."""
        named = self.model_of_language.get(language)
        return self.entry(named) if named else self.default_entry


def load_settings(path: Path | None = None) -> SpeechSettings:
    """Reads `path`, by default `speech.yml` in SEVA_DATA_DIR. Raises SpeechModelError."""
    settings, given = _read(path or data_folder() / "speech.yml"), Hearing.read()
    limits = replace(
        settings.limits, max_bytes=given.max_audio_bytes, max_seconds=given.max_audio_seconds
    )
    return replace(settings, limits=limits)


@lru_cache(maxsize=4)
def _read(path: Path) -> SpeechSettings:
    try:
        settings = read_record(path, SpeechSettings, _check_models)
    except RecordError as error:
        raise SpeechModelError(f"{error}\nsee docs/voice.md for its shape") from error
    models = {name: replace(entry, name=name) for name, entry in settings.models.items()}
    return replace(settings, models=models)


def _check_models(settings: SpeechSettings) -> Iterator[Misfit]:
    for name in (settings.default_model, *settings.model_of_language.values()):
        if name not in settings.models:
            yield Misfit(f"`{name}` has no entry under `models:`", "add one, or name another")
    for name, entry in settings.models.items():
        if not entry.source:
            yield Misfit(f"`source` is missing in models.{name}", "name wheels, a folder or a hub")
