"""What is accepted as a recording, and the closed set of reasons for refusing one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nlu.speech.audio import SAMPLE_RATE, read_audio
from nlu.speech.errors import SpeechError
from nlu.speech.settings import SpeechSettings, load_settings
from tests.speech import sounds

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< >>\n%%EOF\n"
PLAY_LIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/hostname\n#EXT-X-ENDLIST\n"


@pytest.fixture(scope="module")
def settings() -> SpeechSettings:
    full = load_settings()
    return replace(full, limits=replace(full.limits, max_seconds=5, max_bytes=400_000))


def _bytes(data: bytes, name: str = "voice.ogg") -> Callable[[Path], Path]:
    def make(folder: Path) -> Path:
        (folder / name).write_bytes(data)
        return folder / name

    return make


def _cut(kind: str, share: float) -> Callable[[Path], Path]:
    return lambda folder: sounds.cut(
        sounds.write(sounds.tone(3), folder / f"whole.{kind}"), folder / f"cut.{kind}", share
    )


BAD = {
    "no byte": (_bytes(b""), "empty_audio"),
    "a PDF named .ogg": (_bytes(PDF), "unreadable_audio"),
    "random bytes": (_bytes(np.random.default_rng(1).bytes(4000)), "unreadable_audio"),
    "a play list": (_bytes(PLAY_LIST), "unreadable_audio"),
    "only an Ogg magic": (_bytes(b"OggS"), "unreadable_audio"),
    "a picture": (_bytes(b"\x89PNG\r\n\x1a\n" + bytes(100)), "unreadable_audio"),
    "a film without sound": (
        lambda folder: sounds.film_without_sound(folder / "film.mp4"),
        "unreadable_audio",
    ),
    "no sample": (
        lambda folder: sounds.write(sounds.tone(0.01), folder / "short.wav"),
        "empty_audio",
    ),
    "too long": (lambda folder: sounds.write(sounds.tone(6), folder / "l.ogg"), "audio_too_long"),
    "too large": (_bytes(bytes(400_001)), "audio_too_large"),
    **{
        f"a cut {kind} ({share:.0%})": (_cut(kind, share), "unreadable_audio")
        for kind, share in (
            ("ogg", 0.5),
            ("ogg", 0.95),
            ("ogg", 0.01),
            ("m4a", 0.5),
            ("wav", 0.5),
            ("mp3", 0.5),
            ("webm", 0.5),
        )
    },
}


@pytest.mark.parametrize("case", BAD)
def test_bad_audio_is_refused_with_its_reason(
    case: str, tmp_path: Path, settings: SpeechSettings
) -> None:
    make, code = BAD[case]
    with pytest.raises(SpeechError) as refused:
        read_audio(make(tmp_path), settings)
    assert refused.value.code == code
    assert str(refused.value)
    assert str(tmp_path) not in str(refused.value)


@pytest.mark.parametrize("kind", sounds.CODECS)
def test_audio_of_every_kind_is_read_at_16_khz(
    kind: str, tmp_path: Path, settings: SpeechSettings
) -> None:
    samples = read_audio(sounds.write(sounds.tone(2), tmp_path / f"tone.{kind}"), settings)
    assert samples.dtype == np.float32
    assert len(samples) / SAMPLE_RATE == pytest.approx(2, abs=0.1)
    assert np.sqrt(np.mean(samples**2)) == pytest.approx(8000 / 32768 / np.sqrt(2), rel=0.1)


def test_audio_is_recognised_by_its_bytes_not_its_name(
    tmp_path: Path, settings: SpeechSettings
) -> None:
    named = sounds.write(sounds.tone(1), tmp_path / "a.mp3").rename(tmp_path / "a.pdf")
    assert len(read_audio(named, settings)) > 0


def test_a_missing_file_is_the_callers_fault(tmp_path: Path, settings: SpeechSettings) -> None:
    with pytest.raises(FileNotFoundError):
        read_audio(tmp_path / "none.ogg", settings)
