"""Reads a recording into samples, refusing what is no audio, cut off, too long or too large.

FFmpeg (inside PyAV) guesses the format from the bytes, never from the name, and may use only the
demuxers of `data/speech.yml`: its play-list formats would open other files and addresses.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
import numpy.typing as npt

from nlu.speech.errors import SpeechError
from nlu.speech.settings import SpeechSettings
from nlu.speech.truncation import declares_seconds, ends_early

SAMPLE_RATE = 16_000  # what Whisper's feature extractor is made for
Samples = npt.NDArray[np.float32]


def read_audio(path: Path, settings: SpeechSettings) -> Samples:
    """Float32 mono samples at 16 kHz. Raises SpeechError; FileNotFoundError if there is no file."""
    limits = settings.limits
    size = path.stat().st_size
    if size == 0:
        raise SpeechError("empty_audio", "the file is empty")
    if size > limits.max_bytes:
        raise SpeechError(
            "audio_too_large", f"the file has {size} bytes, {limits.max_bytes} are allowed"
        )
    with path.open("rb") as file:
        if ends_early(file, limits.min_decoded_share):
            raise SpeechError("unreadable_audio", "the file is cut off: its last bytes are missing")
        file.seek(0)
        samples, declared = _decode(file, settings)
    seconds = len(samples) / SAMPLE_RATE
    if seconds < limits.min_audio_seconds:
        raise SpeechError("empty_audio", f"the file holds {seconds:.2f} s of audio")
    if declared and seconds < declared * limits.min_decoded_share:
        raise SpeechError(
            "unreadable_audio",
            f"the file is cut off: {seconds:.1f} s of {declared:.1f} s are there",
        )
    return samples


def _decode(file: BinaryIO, settings: SpeechSettings) -> tuple[Samples, float | None]:
    """Samples and the length in seconds that the file declares (None: it declares none)."""
    try:
        # The keyword arguments of `av.open` that matter for safety: a file object, so that no
        # name is interpreted, and the white list.
        with av.open(
            file,
            mode="r",
            metadata_errors="ignore",
            options={"format_whitelist": ",".join(settings.formats)},
        ) as container:
            if not container.streams.audio:
                raise SpeechError("unreadable_audio", "the file has no audio stream")
            seconds = _seconds(container)
            kind = container.format.name
            chunks = list(_bounded(container, settings.limits.max_seconds))
    except (av.error.FFmpegError, ValueError, EOFError) as error:
        raise SpeechError(
            "unreadable_audio", f"the file is not readable audio ({type(error).__name__})"
        ) from error
    declared = seconds if declares_seconds(file, kind) else None
    if not chunks:
        return np.zeros(0, np.float32), declared
    return np.concatenate(chunks).astype(np.float32) / 32768.0, declared


def _seconds(container: av.container.InputContainer) -> float | None:
    """Length of the sound as FFmpeg knows it from the header; a film may be longer."""
    stream = container.streams.audio[0]
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _bounded(
    container: av.container.InputContainer, max_seconds: float
) -> Iterator[npt.NDArray[np.int16]]:
    """Resampled int16 chunks; stops at `max_seconds` whatever the header says."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE)
    left = int(max_seconds * SAMPLE_RATE)
    for frame in _frames(container):
        for resampled in resampler.resample(frame):
            chunk = resampled.to_ndarray().reshape(-1).astype(np.int16, copy=False)
            left -= len(chunk)
            if left < 0:
                raise SpeechError(
                    "audio_too_long", f"the recording is longer than {max_seconds:g} s"
                )
            yield chunk


def _frames(container: av.container.InputContainer) -> Iterator[av.AudioFrame | None]:
    """Decoded frames, then None, which flushes the resampler. Damaged packets are skipped."""
    for packet in container.demux(container.streams.audio[0]):
        try:
            for frame in packet.decode():
                frame.pts = None  # recorders write gaps and jumps; only the samples count
                yield frame
        except av.error.InvalidDataError:
            continue
    yield None
