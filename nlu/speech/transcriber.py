"""Hears a voice note: it reads it, finds the speech, its language and its text.

A text that Whisper made up is refused; then the next prompt or the next language is tried.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from json import dumps
from pathlib import Path
from threading import Lock

from nlu.speech.audio import SAMPLE_RATE, Samples, read_audio
from nlu.speech.errors import SpeechError, SpeechModelError
from nlu.speech.listener import Listener, speech_in
from nlu.speech.refusal import Refusal, refusal
from nlu.speech.settings import LanguageWeight, Prior, SpeechSettings, load_settings
from nlu.speech.transcript import Reading, Transcript, TranscriptWarning


def spoken_languages(
    probabilities: Iterable[tuple[str, float]],
    languages: Mapping[str, LanguageWeight],
    prior: Prior,
    saved: str | None = None,
) -> list[tuple[str, float]]:
    """`languages` with their shares, the most likely first; the saved language leads a tie.

    Whisper confuses Telugu with its neighbours (Kannada, Tamil, Malayalam) and Hindi with Urdu, so
    those count as evidence too. p(te) is often under 0.3 even if Telugu was spoken, so only the
    shares count.
    """
    heard = dict(probabilities)
    factors = {
        language: prior.saved if language == saved else prior.other for language in languages
    }
    scores = {
        language: sum(heard.get(code, 0.0) for code in kind.sounds_like) * kind.weight
        for language, kind in languages.items()
    }
    if not any(scores.values()):  # nothing was heard, so only the prior counts
        scores = dict.fromkeys(languages, 1.0)
    scores = {language: score * factors[language] for language, score in scores.items()}
    total = sum(scores.values())
    ranking = [(language, score / total) for language, score in scores.items()]
    return sorted(ranking, key=lambda pair: -pair[1])


class Transcriber:
    """All speech models of one process. Threads may share it; it hears one note at a time."""

    def __init__(
        self, settings: SpeechSettings, detector: Listener, listeners: dict[str, Listener]
    ) -> None:
        """`listeners` are by language. Callers usually use `Transcriber.load`."""
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
        """Transcribes the recording at `path`. `language_prior` is the citizen's saved language.

        `on_read` gets the length in seconds after the file is read and before it is heard. Raises
        SpeechError if the recording cannot be heard at all.
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
        for candidate in ranking[:2]:  # a text is often made up because the language is wrong
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
        """Other readings of the speech: the second language, if it is nearly as likely as the
        first, and the languages that help to understand the first."""
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
        """The text of the first prompt that was really said, or why there is none."""
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


def transcribe_command(file: Path, json: bool) -> int:
    """`seva transcribe`. Returns 0, 1 if `file` cannot be heard, or 2 if there is no such file."""
    if not file.is_file():
        print(f"{file}: no such file", file=sys.stderr)
        return 2

    try:
        transcript = Transcriber.load().transcribe(file)
    except SpeechError as error:
        print(f"{file}: {error.code}: {error}", file=sys.stderr)
        return 1
    except SpeechModelError as error:
        print(error, file=sys.stderr)
        return 1
    if json:
        print(dumps(transcript.as_json(), ensure_ascii=False))
    else:
        print(transcript.text)
        for warning in transcript.warnings:
            print(f"warning: {warning}", file=sys.stderr)
    return 0
