"""Makes recordings for the tests: tones, silence, noise and broken files of every kind."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

RATE = 16_000
CODECS = {
    "ogg": ("ogg", "libopus", 48_000),
    "webm": ("webm", "libopus", 48_000),
    "mp3": ("mp3", "libmp3lame", 44_100),
    "m4a": ("ipod", "aac", 44_100),
    "aac": ("adts", "aac", 44_100),
    "wav": ("wav", "pcm_s16le", 16_000),
}


def silence(seconds: float) -> np.ndarray:
    return np.zeros(int(seconds * RATE), np.int16)


def tone(seconds: float) -> np.ndarray:
    time = np.arange(int(seconds * RATE)) / RATE
    return (np.sin(2 * np.pi * 440 * time) * 8000).astype(np.int16)


def noise(seconds: float) -> np.ndarray:
    draw = np.random.default_rng(7).normal(0, 4000, int(seconds * RATE))
    return draw.clip(-32768, 32767).astype(np.int16)


def write(samples: np.ndarray, target: Path) -> Path:
    """Encodes by the suffix of `target`."""
    container, codec, rate = CODECS[target.suffix[1:]]
    with av.open(str(target), "w", format=container) as out:
        stream = out.add_stream(codec, rate=rate)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=rate)
        for source in (frame, None):
            for resampled in resampler.resample(source):
                for packet in stream.encode(resampled):
                    out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    return target


def cut(source: Path, target: Path, share: float) -> Path:
    """The first `share` of the bytes."""
    data = source.read_bytes()
    target.write_bytes(data[: int(len(data) * share)])
    return target


def film_without_sound(target: Path) -> Path:
    with av.open(str(target), "w", format="mp4") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            for packet in stream.encode(frame):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    return target
