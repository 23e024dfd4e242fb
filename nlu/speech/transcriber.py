"""Hears a voice note: read, cut to speech, tell the language, decode, refuse what was made up."""

from __future__ import annotations

import time
from pathlib import Path
from threading import Lock

from nlu.speech.audio import SAMPLE_RATE, read_audio
from nlu.speech.language import spoken_language
from nlu.speech.leak import leaks
from nlu.speech.listener import Listener
from nlu.speech.loop import is_loop
from nlu.speech.settings import SpeechSettings, load_settings
from nlu.speech.transcript import Transcript, Warning_
from nlu.speech.voice_activity import speech_in


class Transcriber:
    """All speech models of one process; safe to share, one note at a time."""

    def __init__(
        self, settings: SpeechSettings, detector: Listener, listeners: dict[str, Listener]
    ) -> None:
        """`listeners` by language; `Transcriber.load` is the usual way to get one."""
        self._settings = settings
        self._detector = detector
        self._listeners = listeners
        self._lock = Lock()

    @classmethod
    def load(cls, settings: SpeechSettings | None = None) -> Transcriber:
        """Loads every model that the settings name, each once. Raises SpeechModelError."""
        settings = settings or load_settings()
        default = settings.default_entry
        loaded = {default: Listener(default, settings)}
        listeners = {}
        for language in settings.languages:
            entry = settings.entry_for(language)
            if language not in entry.languages:
                continue
            if entry not in loaded:
                loaded[entry] = Listener(entry, settings)
            listeners[language] = loaded[entry]
        return cls(settings, loaded[default], listeners)

    def transcribe(self, path: Path, language_prior: str | None = None) -> Transcript:
        """Text of the recording at `path`; `language_prior` is the citizen's saved language.

        Raises SpeechError when the recording cannot be heard at all.
        """
        started = time.perf_counter()
        samples = read_audio(path, self._settings)
        with self._lock:
            heard = self._hear(samples, language_prior)
        text, language, probability, model, warnings = heard
        return Transcript(
            text=text,
            language=language,
            language_probability=round(probability, 3),
            duration_s=round(len(samples) / SAMPLE_RATE, 2),
            elapsed_s=round(time.perf_counter() - started, 2),
            model=model,
            warnings=warnings,
        )

    def _hear(
        self, samples, saved: str | None
    ) -> tuple[str, str, float, str, tuple[Warning_, ...]]:
        settings = self._settings
        warnings: list[Warning_] = []
        speech = speech_in(samples, settings.vad)
        if not len(speech):
            language, probability = spoken_language((), self._languages(), settings.prior, saved)
            return "", language, probability, self._detector.name, ("no_speech",)
        longest = int(settings.limits.max_speech_seconds * SAMPLE_RATE)
        if len(speech) > longest:
            warnings.append("too_long")
            speech = speech[:longest]
        language, probability = spoken_language(
            self._detector.language_probabilities(speech), self._languages(), settings.prior, saved
        )
        listener = self._listeners[language]
        text, refused = self._write(listener, speech, language)
        if refused:
            warnings.append(refused)
        return text, language, probability, listener.name, tuple(warnings)

    def _write(self, listener: Listener, speech, language: str) -> tuple[str, Warning_ | None]:
        """The first text that was really said, or why there is none."""
        rejection = self._settings.rejection
        refused: Warning_ | None = None
        for prompt in listener.prompts(language):
            text = listener.write(speech, language, prompt)
            if not text:
                return "", refused or "no_speech"
            if prompt and leaks(
                text,
                prompt,
                similarity=rejection.leak_similarity,
                letters=rejection.leak_letters,
            ):
                refused = "prompt_leak"
            elif is_loop(
                text,
                unit_words=rejection.loop_unit_words,
                repeats=rejection.loop_repeats,
                share=rejection.loop_share,
                max_compression_ratio=rejection.max_compression_ratio,
            ):
                refused = "repetition"
            else:
                return text, None
        return "", refused

    def _languages(self):
        return {key: self._settings.languages[key] for key in self._listeners}
