"""One loaded Whisper model: it finds speech, tells its language, and writes what was said.

Silero VAD, which is inside the faster-whisper wheel, finds the speech in a recording.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from ctranslate2 import StorageView
from faster_whisper import WhisperModel
from faster_whisper.vad import VadOptions, collect_chunks, get_speech_timestamps
from tokenizers import Tokenizer

from nlu.speech.audio import Samples
from nlu.speech.errors import SpeechModelError
from nlu.speech.settings import ModelEntry, SpeechSettings
from nlu.speech.weights import model_folder
from nlu.threads import threads

_DEFAULT_SUPPRESSED = -1  # faster-whisper's own list of non-speech symbols


def non_ascii_tokens(tokenizer: Tokenizer) -> list[int]:
    """Ids of the text tokens that hold a byte above 127; a romanised text must not have them.

    Special tokens come after `endoftext`, so they are not among these.
    """
    first_special = tokenizer.token_to_id("<|endoftext|>")
    byte_of = _bytes_of_characters()
    return [
        token
        for token in range(first_special)
        if any(byte_of.get(char, 255) > 127 for char in tokenizer.id_to_token(token) or "")
    ]


class Listener:
    """A model of `data/speech.yml` in memory. Two threads must not use it at once."""

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
        # `transcribe` also cuts off the last frame; with the same input the encoder runs only once.
        return list(self._model.detect_language(features=features[..., :-1])[2])

    def prompts(self, language: str) -> tuple[str | None, ...]:
        """The prompts to try one after the other. A single None means decoding without a prompt."""
        return (self._romanised and self._settings.prompts.get(language)) or (None,)

    def by_sound(self, language: str) -> bool:
        """Whether a language is written in Latin letters by its sound.

        Prompts show the model how, or it is a language of `also_as` that nobody here speaks and
        that uses Latin letters itself.
        """
        spoken = language in self._settings.languages
        return self._romanised and (bool(self._settings.prompts.get(language)) or not spoken)

    def write(self, speech: Samples, language: str, prompt: str | None) -> str:
        """What was said in 16 kHz samples. The text is empty if the model hears silence."""
        options: dict[str, Any] = dict(self._settings.decoding)
        if self.by_sound(language):
            options.update(self._settings.romanised_decoding)
            options["initial_prompt"] = prompt
            options["suppress_tokens"] = self._suppressed
        segments, _ = self._model.transcribe(speech, language=language, vad_filter=False, **options)
        return " ".join(text for s in segments if (text := s.text.strip()))

    def forget(self) -> None:
        """Deletes what is left of the last voice."""
        self._model.forget()


class _EncodeOnce(WhisperModel):
    """Remembers the last window, so that language, text and a second prompt share one encoder run.

    The encoder takes half the time of a short note (0.8 s of 1.5 s on one core).
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
        """Deletes the remembered window."""
        self._features = self._encoded = None


def speech_in(samples: Samples, options: Mapping[str, Any]) -> Samples:
    """The speech in 16 kHz samples, without pauses. It is empty for silence, noise and tones."""
    stretches = get_speech_timestamps(samples, VadOptions(**options))
    if not stretches:
        return np.zeros(0, np.float32)
    return np.concatenate(collect_chunks(samples, stretches)[0], axis=0)


def _bytes_of_characters() -> dict[str, int]:
    """The byte of each character of GPT-2's byte-level BPE, which writes bytes as characters."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [byte for byte in range(256) if byte not in printable]
    table = {chr(byte): byte for byte in printable}
    table.update({chr(256 + i): byte for i, byte in enumerate(others)})
    return table
