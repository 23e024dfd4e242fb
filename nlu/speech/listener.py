"""One loaded Whisper model: which language is this, and what was said."""

from __future__ import annotations

from typing import Any

import numpy as np
from ctranslate2 import StorageView
from faster_whisper import WhisperModel

from nlu.speech.ascii_tokens import non_ascii_tokens
from nlu.speech.audio import Samples
from nlu.speech.errors import SpeechModelError
from nlu.speech.settings import ModelEntry, SpeechSettings
from nlu.speech.weights import model_folder
from nlu.threads import threads

_DEFAULT_SUPPRESSED = -1  # faster-whisper's own list of non-speech symbols


class Listener:
    """A model of `data/speech.yml` in memory. Not for two threads at once."""

    def __init__(self, entry: ModelEntry, settings: SpeechSettings) -> None:
        """Loads the weights (about 2 s for base). Raises SpeechModelError."""
        self.name = entry.name
        self._settings = settings
        folder = model_folder(entry)
        try:
            self._model = _EncodeOnce(
                str(folder),
                device="cpu",
                compute_type=settings.compute_type,
                cpu_threads=threads(),
                local_files_only=True,
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise SpeechModelError(
                f"{folder} is no model that faster-whisper can load ({error}); delete it if it is "
                "in the cache, or see docs/voice.md"
            ) from error
        self._romanised = entry.mode == "romanised"
        self._suppressed = [_DEFAULT_SUPPRESSED]
        if self._romanised:
            self._suppressed += non_ascii_tokens(self._model.hf_tokenizer)

    def language_probabilities(self, speech: Samples) -> list[tuple[str, float]]:
        """Whisper's codes and probabilities for the first 30 s of 16 kHz samples."""
        if not self._model.model.is_multilingual:
            return [("en", 1.0)]
        features = self._model.feature_extractor(speech)
        # Without the last frame, as `transcribe` cuts it: so the encoder runs only once.
        return list(self._model.detect_language(features=features[..., :-1])[2])

    def prompts(self, language: str) -> tuple[str | None, ...]:
        """The prompts to try in turn; one None for plain decoding."""
        return (self._romanised and self._settings.prompts.get(language)) or (None,)

    def by_sound(self, language: str) -> bool:
        """Whether a language is written down in Latin letters by its sound: prompts show how, or it
        is one that nobody here speaks (`also_as`), whose own spelling does."""
        spoken = language in self._settings.languages
        return self._romanised and (bool(self._settings.prompts.get(language)) or not spoken)

    def write(self, speech: Samples, language: str, prompt: str | None) -> str:
        """What was said in 16 kHz samples; empty when the model itself calls it silence."""
        options: dict[str, Any] = dict(self._settings.decoding)
        if self.by_sound(language):
            options.update(self._settings.romanised_decoding)
            options["initial_prompt"] = prompt
            options["suppress_tokens"] = self._suppressed
        segments, _ = self._model.transcribe(speech, language=language, vad_filter=False, **options)
        return " ".join(text for s in segments if (text := s.text.strip()))

    def forget(self) -> None:
        """Drops what is left of the last voice."""
        self._model.forget()


class _EncodeOnce(WhisperModel):
    """Remembers the last window: language and text, and a second prompt, share one encoder run.

    The encoder is half the time of a short note (0.8 s of 1.5 s on one core).
    """

    _features: Samples | None = None
    _encoded: StorageView | None = None

    def encode(self, features: Samples) -> StorageView:
        """Overrides WhisperModel.encode."""
        if self._features is None or not np.array_equal(self._features, features):
            self._encoded = super().encode(features)
            self._features = features.copy()
        return self._encoded

    def forget(self) -> None:
        """Drops the remembered window."""
        self._features = self._encoded = None
