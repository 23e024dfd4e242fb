"""Sound between files, sampling rates and containers, through PyAV."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np

from nlu.speech.audio import SAMPLE_RATE, Samples

_OPUS_RATE = 48_000


def read_sound(file: Path) -> Samples:
    """A file of our own making as float32 mono samples at 16 kHz; citizens' files go through
    `read_audio`, which trusts nothing."""
    with av.open(str(file)) as container:
        return _joined(_converted(container.decode(audio=0), SAMPLE_RATE))


def resampled(samples: Samples, rate: int) -> Samples:
    """Samples (n,) at `rate` as samples at 16 kHz."""
    return _joined(_converted([_frame(samples, rate)], SAMPLE_RATE))


def opus(samples: Samples, *, bit_rate: int = 16_000) -> bytes:
    """OGG/Opus as a phone records it, of samples at 16 kHz; `bit_rate` in bits a second."""
    out = io.BytesIO()
    with av.open(out, "w", format="ogg") as container:
        stream = container.add_stream(
            "libopus", rate=_OPUS_RATE, layout="mono", options={"application": "voip"}
        )
        stream.bit_rate = bit_rate
        for frame in _converted([_frame(samples, SAMPLE_RATE)], _OPUS_RATE):
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return out.getvalue()


def _frame(samples: Samples, rate: int) -> av.AudioFrame:
    whole = np.rint(np.clip(samples, -1, 1) * 32767).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(whole.reshape(1, -1), format="s16", layout="mono")
    frame.sample_rate = rate
    return frame


def _converted(frames: object, rate: int) -> Iterator[av.AudioFrame]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
    for frame in [*frames, None]:  # type: ignore[misc, call-overload]  # None flushes
        yield from resampler.resample(frame)


def _joined(frames: Iterator[av.AudioFrame]) -> Samples:
    parts = [frame.to_ndarray().reshape(-1) for frame in frames]
    if not parts:
        return np.zeros(0, np.float32)
    return np.concatenate(parts).astype(np.float32) / 32768.0
