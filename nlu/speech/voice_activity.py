"""Cuts a recording down to its speech with Silero VAD, which is inside the faster-whisper wheel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from faster_whisper.vad import VadOptions, collect_chunks, get_speech_timestamps

from nlu.speech.audio import Samples


def speech_in(samples: Samples, options: Mapping[str, Any]) -> Samples:
    """The speech of 16 kHz samples, without pauses; empty for silence, noise and tones."""
    stretches = get_speech_timestamps(samples, VadOptions(**options))
    if not stretches:
        return np.zeros(0, np.float32)
    return np.concatenate(collect_chunks(samples, stretches)[0], axis=0)
