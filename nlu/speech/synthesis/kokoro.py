"""Voices of Kokoro-82M, int8 on ONNX Runtime: about as long as the sentence takes to say.

Phonemes are espeak-ng's, styles the model's own; a Hindi style reads Telugu phonemes. The model
returns noise or near silence now and then: what sounds wrong is made again, from a text with more
space at its end, at other speeds.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from nlu.paths import cache_folder
from nlu.speech.audio import Samples
from nlu.speech.resampling import resampled
from nlu.speech.synthesis.spoken import SynthesisError

RATE = 24_000  # of the model
STYLE_SIZE = 256
_LONGEST = 500  # phonemes that the model takes
_SPACE = 16
_SILENT = 0.01
_SECONDS = 30  # for espeak


@dataclass(frozen=True)
class KokoroSettings:
    """`kokoro` of data/voices.yml."""

    phonemes: tuple[tuple[str, str], ...]
    tries: int
    speeds: tuple[float, ...]
    loudest: float
    quietest: float


def folder() -> Path:
    """Where `python -m nlu.speech.synthesis.provision` puts model and styles."""
    return cache_folder() / "kokoro"


class KokoroVoice:
    """One style in one language; the model is shared by all."""

    def __init__(
        self, name: str, language: str, style: str, sounds: str, settings: KokoroSettings
    ) -> None:
        """`sounds`: espeak-ng's language. Raises SynthesisError where something is missing."""
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
        """In the symbols that the model knows."""
        try:
            done = subprocess.run(
                [self._espeak, "-q", "--ipa", "-v", self._sounds, "--stdin"],
                input=text.encode(),
                capture_output=True,
                timeout=_SECONDS,
                check=True,
            )
        except subprocess.SubprocessError as error:  # no end, or none that is any use
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
    """Without the silence at both ends."""
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
