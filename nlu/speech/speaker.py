"""Reads replies aloud as voice notes (OGG/Opus), offline, for citizens who prefer to listen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import numpy as np

from nlu.speech.audio import SAMPLE_RATE, opus
from nlu.speech.synthesis import SynthesisError, Voice, open_voice
from nlu.speech.synthesis.speakable import speakable
from nlu.speech.synthesis.voices import Voices, load_voices

_PAUSE = 0.3  # seconds between two lines


class Speaker:
    """The voices that `data/voices.yml` names for replies. They read one reply at a time."""

    def __init__(self, voices: Voices | None = None) -> None:
        """Opens the installed voices; `missing` names the others.

        Raises SynthesisError if the file is at fault.
        """
        self._settings = voices or load_voices()
        self._voices: dict[str, Voice] = {}
        self.missing: dict[str, str] = {}
        for language, name in self._settings.replies.items():
            try:
                self._voices[language] = open_voice(name, self._settings)
            except SynthesisError as error:
                self.missing[language] = str(error)
        self._turn = asyncio.Lock()

    @property
    def languages(self) -> frozenset[str]:
        """The languages that have a voice."""
        return frozenset(self._voices)

    async def say(self, text: str, language: str) -> bytes:
        """Makes a voice note for WhatsApp, in a thread. Raises SynthesisError."""
        voice = self._voices.get(language)
        if voice is None:
            raise SynthesisError(f"no voice for {language!r}")
        speaking, alone = self._settings.speaking[language], self._settings.digits_alone
        lines = [speakable(line, speaking, alone) for line in text.splitlines()]
        said = [line for line in lines if line]
        if not said:
            raise SynthesisError("nothing to say")
        async with self._turn:
            return await asyncio.to_thread(_recording, voice, said)


def _recording(voice: Voice, lines: Sequence[str]) -> bytes:
    """Reads line by line, because a voice takes only a short text at once."""
    pause = np.zeros(int(_PAUSE * SAMPLE_RATE), np.float32)
    parts = [part for line in lines for part in (voice.say(line), pause)]
    return opus(np.concatenate(parts[:-1]))
