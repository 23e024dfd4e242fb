"""Makes a voice note of a browser's recording: WhatsApp always delivers OGG with Opus."""

from __future__ import annotations

import io
from typing import Any

MIME_TYPE = "audio/ogg; codecs=opus"
RATE = 48000


def to_voice_note(data: bytes) -> bytes:
    """The recording as OGG/Opus: repacked where it is Opus already, else encoded once.

    Raises ValueError where the bytes hold no sound.
    """
    import av

    target_bytes = io.BytesIO()
    try:
        with av.open(io.BytesIO(data)) as source, av.open(target_bytes, "w", "ogg") as target:
            sound = source.streams.audio[0]
            if sound.codec_context.name in ("opus", "libopus"):
                _repack(source, sound, target)
            else:
                _encode(source, sound, target, av.AudioResampler("s16", "mono", RATE))
    except (av.FFmpegError, IndexError) as error:
        raise ValueError(f"no sound in the recording: {error}") from error
    return target_bytes.getvalue()


def _repack(source: Any, sound: Any, target: Any) -> None:
    copy = target.add_stream_from_template(sound)
    for packet in source.demux(sound):
        if packet.dts is not None:
            packet.stream = copy
            target.mux(packet)


def _encode(source: Any, sound: Any, target: Any, resampler: Any) -> None:
    stream = target.add_stream("libopus", rate=RATE, layout="mono")
    for frame in source.decode(sound):
        for piece in resampler.resample(frame):
            target.mux(stream.encode(piece))
    for piece in resampler.resample(None):
        target.mux(stream.encode(piece))
    target.mux(stream.encode(None))
