"""Offline voices: a sentence becomes a recording, with no outside service.

`data/voices.yml` lists them, `make voices` installs them. Serving does not need any.
"""

from __future__ import annotations

from nlu.speech.synthesis.spoken import SynthesisError, Voice
from nlu.speech.synthesis.voices import open_voice

__all__ = ["SynthesisError", "Voice", "open_voice"]
