"""The engines of voices: Festival and Kokoro.

Festival is a Debian package; a sentence takes a fifth of a second. Kokoro-82M runs as int8 on ONNX
Runtime; a sentence takes about as long as it takes to say. Its phonemes come from espeak-ng, its
styles from the model; a Hindi style reads Telugu phonemes. The model sometimes returns noise or
near silence. Then the sentence is made again, with more space at its end and at another speed.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import regex

from nlu.paths import cache_folder
from nlu.speech.audio import Samples, read_sound, resampled

_FESTIVAL_SECONDS = 30
# The Indian voices need an intonation method; without it they end with an error.
_SCRIPT = """(set! duffint_params '((start 135) (end 105)))
(Parameter.set 'Int_Method 'DuffInt)
({voice})
(utt.save.wave (utt.synth (Utterance Text "{text}")) "{file}" 'riff)
"""
_UNSPEAKABLE = regex.compile(r'[\p{C}"\\]+')
_LATIN = regex.compile(r"\p{Latin}")
RATE = 24_000  # sampling rate of the model
STYLE_SIZE = 256
_LONGEST = 500  # the model takes at most so many phonemes
_SPACE = 16
_SILENT = 0.01
_ESPEAK_SECONDS = 30


class SynthesisError(Exception):
    """A voice is not installed or cannot read this text. The message says what to do."""


class Voice(Protocol):
    """Reads sentences of one language aloud."""

    name: str
    language: str

    def say(self, text: str) -> Samples:
        """Float32 mono samples at 16 kHz, between -1 and 1. Raises SynthesisError."""
        ...


class FestivalVoice:
    """One voice of Festival. Each sentence starts a process."""

    def __init__(self, name: str, language: str, voice: str) -> None:
        """`voice` is the Scheme function that selects the voice. Raises SynthesisError."""
        self.name, self.language, self._voice = name, language, voice
        self._program = shutil.which("festival") or ""
        if not self._program:
            raise SynthesisError(f"{name}: festival is not installed; run `make voices`")

    def say(self, text: str) -> Samples:
        """See `Voice`. Latin letters are an error, because the voice would leave them out."""
        if _LATIN.search(text):
            raise SynthesisError(f"{self.name}: Latin letters cannot be read: {text!r}")
        with tempfile.TemporaryDirectory(prefix="seva-voice-") as folder:
            file = Path(folder) / "said.wav"
            script = _SCRIPT.format(voice=self._voice, text=_UNSPEAKABLE.sub(" ", text), file=file)
            try:
                done = subprocess.run(
                    [self._program, "--pipe"],
                    input=script.encode(),
                    capture_output=True,
                    timeout=_FESTIVAL_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise SynthesisError(f"{self.name}: no end after {_FESTIVAL_SECONDS} s") from error
            if not file.is_file():
                said = done.stderr.decode(errors="replace").strip().splitlines()
                raise SynthesisError(f"{self.name}: {said[-1] if said else 'no sound'}")
            return read_sound(file)


@dataclass(frozen=True)
class KokoroSettings:
    """The part `kokoro` of data/voices.yml."""

    phonemes: tuple[tuple[str, str], ...]
    tries: int
    speeds: tuple[float, ...]
    loudest: float
    quietest: float


def folder() -> Path:
    """The folder where `python -m nlu.speech.synthesis.provision` puts model and styles."""
    return cache_folder() / "kokoro"


class KokoroVoice:
    """One style of Kokoro in one language. All voices share the model."""

    def __init__(
        self, name: str, language: str, style: str, sounds: str, settings: KokoroSettings
    ) -> None:
        """`sounds` is espeak-ng's language. Raises SynthesisError if something is missing."""
        self.name, self.language = name, language
        self._sounds, self._settings = sounds, settings
        self._espeak = shutil.which("espeak-ng") or ""
        path = folder() / f"{style}.bin"
        if not self._espeak or not path.is_file() or not (folder() / "model.onnx").is_file():
            raise SynthesisError(f"{name}: Kokoro or espeak-ng is missing; run `make voices`")
        self._style = np.fromfile(path, np.float32).reshape(-1, 1, STYLE_SIZE)

    def say(self, text: str) -> Samples:
        """See `Voice`."""
        session, symbols = _model(folder())
        ids = [symbols[sign] for sign in self.phonemes(text) if sign in symbols]
        if not ids:
            raise SynthesisError(f"{self.name}: nothing to say in {text!r}")
        speeds = self._settings.speeds
        for spaces in range(self._settings.tries):
            tokens = [*ids[: _LONGEST - spaces], *[_SPACE] * spaces]
            samples = self._run(session, tokens, speeds[spaces % len(speeds)])
            if self._sounds_right(samples):
                return resampled(_trimmed(samples), RATE)
        raise SynthesisError(f"{self.name}: only noise for {text!r}")

    def phonemes(self, text: str) -> str:
        """The phonemes of a text, in the symbols that the model knows."""
        try:
            done = subprocess.run(
                [self._espeak, "-q", "--ipa", "-v", self._sounds, "--stdin"],
                input=text.encode(),
                capture_output=True,
                timeout=_ESPEAK_SECONDS,
                check=True,
            )
        except subprocess.SubprocessError as error:  # it failed or took too long
            raise SynthesisError(f"{self.name}: espeak failed ({type(error).__name__})") from error
        found = " ".join(done.stdout.decode().split())
        for written, taught in self._settings.phonemes:
            found = found.replace(written, taught)
        return found

    def _run(self, session: Any, tokens: Sequence[int], speed: float) -> np.ndarray:
        style = self._style[min(len(tokens), len(self._style)) - 1]
        given = {
            "tokens": np.asarray([[0, *tokens, 0]], np.int64),
            "style": style,
            "speed": np.asarray([speed], np.float32),
        }
        return np.asarray(session.run(None, given)[0], np.float32).ravel()

    def _sounds_right(self, samples: np.ndarray) -> bool:
        if not len(samples) or not np.isfinite(samples).all():
            return False
        loud = float(np.abs(samples).max()) < self._settings.loudest
        return loud and float(np.sqrt(np.mean(samples**2))) > self._settings.quietest


def _trimmed(samples: np.ndarray) -> np.ndarray:
    """The samples without the silence at both ends."""
    heard = np.flatnonzero(np.abs(samples) > _SILENT)
    return samples[heard[0] : heard[-1] + 1]


@lru_cache(maxsize=1)
def _model(where: Path) -> tuple[Any, dict[str, int]]:
    import onnxruntime

    from nlu.threads import threads

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads()
    session = onnxruntime.InferenceSession(
        str(where / "model.onnx"), options, providers=["CPUExecutionProvider"]
    )
    return session, json.loads((where / "vocab.json").read_text("utf-8"))["vocab"]
