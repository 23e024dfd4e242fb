"""Voices of Festival: Debian packages, a fifth of a second a sentence."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import regex

from nlu.speech.audio import Samples
from nlu.speech.resampling import read_sound
from nlu.speech.synthesis.spoken import SynthesisError

_SECONDS = 30
# The Indian voices need an intonation method; without it they end with an error.
_SCRIPT = """(set! duffint_params '((start 135) (end 105)))
(Parameter.set 'Int_Method 'DuffInt)
({voice})
(utt.save.wave (utt.synth (Utterance Text "{text}")) "{file}" 'riff)
"""
_UNSPEAKABLE = regex.compile(r'[\p{C}"\\]+')
_LATIN = regex.compile(r"\p{Latin}")


class FestivalVoice:
    """One voice, a process a sentence."""

    def __init__(self, name: str, language: str, voice: str) -> None:
        """`voice` is the Scheme function that chooses it. Raises SynthesisError."""
        self.name, self.language, self._voice = name, language, voice
        self._program = shutil.which("festival") or ""
        if not self._program:
            raise SynthesisError(f"{name}: festival is not installed; run `make voices`")

    def say(self, text: str) -> Samples:
        """See `Voice`. Latin letters, which the voice would leave out, are an error."""
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
                    timeout=_SECONDS,
                    check=False,
                )
            except subprocess.TimeoutExpired as error:
                raise SynthesisError(f"{self.name}: no end after {_SECONDS} s") from error
            if not file.is_file():
                said = done.stderr.decode(errors="replace").strip().splitlines()
                raise SynthesisError(f"{self.name}: {said[-1] if said else 'no sound'}")
            return read_sound(file)
