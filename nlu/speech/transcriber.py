"""Hears a voice note: read, cut to speech, tell the language, decode, refuse what was made up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from threading import Lock

from nlu.speech.audio import SAMPLE_RATE, Samples, read_audio
from nlu.speech.language import spoken_languages
from nlu.speech.listener import Listener
from nlu.speech.refusal import Refusal, refusal
from nlu.speech.settings import SpeechSettings, load_settings
from nlu.speech.transcript import Reading, Transcript, TranscriptWarning
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

    def transcribe(
        self,
        path: Path,
        language_prior: str | None = None,
        on_read: Callable[[float], None] | None = None,
    ) -> Transcript:
        """Text of the recording at `path`; `language_prior` is the citizen's saved language.
        `on_read` gets the length in seconds once the file is read, before it is heard.

        Raises SpeechError when the recording cannot be heard at all.
        """
        started = time.perf_counter()
        samples = read_audio(path, self._settings)
        if on_read is not None:
            on_read(len(samples) / SAMPLE_RATE)
        with self._lock:
            try:
                heard = self._hear(samples, language_prior)
            finally:
                for listener in (self._detector, *self._listeners.values()):
                    listener.forget()
        return replace(
            heard,
            duration_s=round(len(samples) / SAMPLE_RATE, 2),
            elapsed_s=round(time.perf_counter() - started, 2),
        )

    def _hear(self, samples: Samples, saved: str | None) -> Transcript:
        """A transcript without its times."""
        speech = speech_in(samples, self._settings.vad)
        if not len(speech):
            return self._transcript("", self._rank((), saved)[0], ("no_speech",))
        longest = int(self._settings.limits.max_speech_seconds * SAMPLE_RATE)
        warnings: tuple[TranscriptWarning, ...] = ("too_long",) if len(speech) > longest else ()
        speech = speech[:longest]
        ranking = self._rank(self._detector.language_probabilities(speech), saved)
        first_refusal: Refusal | None = None
        for candidate in ranking[:2]:  # a made-up text is often that of a wrong language
            text, refused = self._write(self._listeners[candidate[0]], speech, candidate[0])
            if not refused:
                heard = self._transcript(text, candidate, warnings)
                others = () if first_refusal else self._others(speech, ranking)
                return replace(heard, others=others)
            first_refusal = first_refusal or refused
            if refused == "no_speech":
                break
        return self._transcript("", ranking[0], (*warnings, first_refusal or "no_speech"))

    def _others(self, speech: Samples, ranking: list[tuple[str, float]]) -> tuple[Reading, ...]:
        """The speech as the second language, if it is nearly as likely as the first, and as those
        that help to understand the first."""
        (first, best), *rest = ranking
        own, shares = self._listeners[first], dict(rest)
        wanted = [rest[0][0]] if rest and best <= self._settings.close_call * rest[0][1] else []
        if own.by_sound(first):
            also = self._settings.also_as.get(first, ())
            wanted += [name for name in also if self._listeners.get(name, own).by_sound(name)]
        found = []
        for language in dict.fromkeys(wanted):
            text, refused = self._write(self._listeners.get(language, own), speech, language)
            if not refused:
                found.append(Reading(text, language, round(shares.get(language, 0.0), 3)))
        return tuple(found)

    def _write(
        self, listener: Listener, speech: Samples, language: str
    ) -> tuple[str, Refusal | None]:
        """The first prompt's text that was really said, or why there is none."""
        refused: Refusal | None = None
        for prompt in listener.prompts(language):
            text = listener.write(speech, language, prompt)
            why = refusal(text, prompt, self._settings.rejection)
            if not why:
                return text, None
            refused = refused or why
            if why == "no_speech":
                break
        return "", refused

    def _rank(
        self, probabilities: Iterable[tuple[str, float]], saved: str | None
    ) -> list[tuple[str, float]]:
        languages = {key: self._settings.languages[key] for key in self._listeners}
        return spoken_languages(probabilities, languages, self._settings.prior, saved)

    def _transcript(
        self, text: str, spoken: tuple[str, float], warnings: tuple[TranscriptWarning, ...]
    ) -> Transcript:
        language, share = spoken
        return Transcript(
            text=text,
            language=language,
            language_probability=round(share, 3),
            duration_s=0.0,
            elapsed_s=0.0,
            model=self._listeners[language].name,
            warnings=warnings,
        )
