"""Offline voices make a recording of a sentence without an outside service.

`data/voices.yml` lists them and `make voices` installs them. Seva also runs without any voice.
"""

from __future__ import annotations

from nlu.speech.synthesis.engines import SynthesisError, Voice
from nlu.speech.synthesis.voices import open_voice

__all__ = ["SynthesisError", "Voice", "open_voice"]
