"""Reads recordings into samples and writes samples as OGG/Opus, with FFmpeg (inside PyAV).

`read_audio` reads files of citizens. It refuses what is not audio, cut off, too long or too large.
FFmpeg guesses the format from the bytes, never from the name, and may use only the demuxers of
`data/speech.yml`: its play-list formats would open other files and addresses.

FFmpeg plays a file that was cut off without an error, so `ends_early` and `declares_seconds` look
at the bytes. An Ogg file declares no length, but it ends where a page ends (RFC 3533, section 6). A
RIFF file declares its bytes. MP4 and Matroska declare their seconds; MP3 does so in a Xing or Info
frame. For other formats FFmpeg only estimates the length, which proves nothing.
"""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import av
import numpy as np
import numpy.typing as npt

from nlu.speech.errors import SpeechError
from nlu.speech.settings import SpeechSettings

SAMPLE_RATE = 16_000  # Whisper's feature extractor needs this rate
Samples = npt.NDArray[np.float32]
_HEAD_BYTES = 8192
_OGG = b"OggS"
_OGG_HEADER_BYTES = 27
_LONGEST_OGG_PAGE = _OGG_HEADER_BYTES + 255 + 255 * 255
_UNKNOWN_RIFF_SIZES = (0, 0xFFFFFFFF)  # recorders that stream write these
_MP3_LENGTHS = (b"Xing", b"Info")
_OPUS_RATE = 48_000


def read_audio(path: Path, settings: SpeechSettings) -> Samples:
    """Reads a file as float32 mono samples at 16 kHz. Raises SpeechError, FileNotFoundError."""
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


def ends_early(file: BinaryIO, share: float) -> bool:
    """Whether `file` stops inside an Ogg page or holds less than `share` of its RIFF bytes.

    It moves the position of the file.
    """
    file.seek(0)
    head = file.read(8)
    size = file.seek(0, os.SEEK_END)
    if head.startswith(_OGG):
        return _inside_a_page(file, size)
    if head.startswith(b"RIFF") and len(head) == 8:
        declared = int.from_bytes(head[4:], "little")
        return declared not in _UNKNOWN_RIFF_SIZES and size < (declared + 8) * share
    return False


def declares_seconds(file: BinaryIO, format_name: str) -> bool:
    """Whether FFmpeg has read the length of a file of this format, and not estimated it."""
    if format_name == "mp3":
        file.seek(0)
        head = file.read(_HEAD_BYTES)
        return any(mark in head for mark in _MP3_LENGTHS)
    return format_name.startswith(("mov", "matroska"))


def read_sound(file: Path) -> Samples:
    """Reads a file that we made as float32 mono samples at 16 kHz, without any check."""
    with av.open(str(file)) as container:
        return _joined(_converted(container.decode(audio=0), SAMPLE_RATE))


def resampled(samples: Samples, rate: int) -> Samples:
    """Converts samples (n,) at `rate` to 16 kHz."""
    return _joined(_converted([_frame(samples, rate)], SAMPLE_RATE))


def opus(samples: Samples, *, bit_rate: int = 16_000) -> bytes:
    """Encodes samples at 16 kHz as OGG/Opus, as a phone does. `bit_rate` is in bits a second."""
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


def _decode(file: BinaryIO, settings: SpeechSettings) -> tuple[Samples, float | None]:
    """Samples, and the length in seconds that the file declares, or None."""
    try:
        # Two arguments are for safety: a file object, so that FFmpeg interprets no name, and the
        # list of allowed formats.
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
    """Length of the sound according to the header. The film around it may be longer."""
    stream = container.streams.audio[0]
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else None


def _bounded(
    container: av.container.InputContainer, max_seconds: float
) -> Iterator[npt.NDArray[np.int16]]:
    """Resampled int16 chunks. It stops after `max_seconds`, whatever the header says."""
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
                frame.pts = None  # recorders write wrong times; only the samples count
                yield frame
        except av.error.InvalidDataError:
            continue
    yield None


def _inside_a_page(file: BinaryIO, size: int) -> bool:
    file.seek(max(0, size - _LONGEST_OGG_PAGE))
    tail = file.read()
    page = tail[tail.rfind(_OGG) :]
    if len(page) < _OGG_HEADER_BYTES:
        return True
    segments = page[_OGG_HEADER_BYTES - 1]
    table = page[_OGG_HEADER_BYTES : _OGG_HEADER_BYTES + segments]
    return len(table) < segments or len(page) < _OGG_HEADER_BYTES + segments + sum(table)


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
