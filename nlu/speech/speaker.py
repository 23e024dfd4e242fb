"""Replies as voice notes, for those who would rather listen: a sentence to OGG/Opus, offline."""

from __future__ import annotations

import asyncio
from typing import Any

from nlu.speech.resampling import opus
from nlu.speech.synthesis import SynthesisError, Voice, open_voice
from nlu.speech.synthesis.speakable import speakable
from nlu.speech.synthesis.voices import Voices, load_voices


class Speaker:
    """The voices that `data/voices.yml` names for replies; one sentence at a time."""

    def __init__(self, voices: Voices | None = None) -> None:
        """Opens those that are installed; `missing` tells of the others. Raises SynthesisError
        where the file is at fault."""
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
        """Languages that can be spoken."""
        return frozenset(self._voices)

    async def say(self, text: str, language: str) -> bytes:
        """A voice note as WhatsApp takes it, in a thread of its own. Raises SynthesisError."""
        voice = self._voices.get(language)
        if voice is None:
            raise SynthesisError(f"no voice for {language!r}")
        words = speakable(text, self._settings.speaking[language], self._settings.digits_alone)
        if not words:
            raise SynthesisError("nothing to say")
        async with self._turn:
            return await asyncio.to_thread(_recording, voice, words)


def _recording(voice: Any, words: str) -> bytes:
    return opus(voice.say(words))
