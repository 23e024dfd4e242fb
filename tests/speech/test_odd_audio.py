"""What citizens' phones send besides speech: each gets its right answer, from the real model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from api.turn import _VOICE_PHRASES
from nlu.speech.audio import read_audio
from nlu.speech.errors import SpeechError
from nlu.speech.settings import load_settings
from nlu.speech.transcriber import Transcriber
from tests.speech import sounds

ROOT = Path(__file__).resolve().parents[2]
NOTE = ROOT / "data" / "demo" / "voice-te.ogg"

HEARD = "heard"  # the words of the note
AGAIN = "not_understood_voice"
SHORTER = "voice_too_long"


def clicks(folder: Path) -> Path:
    """Two tenths of a second of crackle, as from a touched button."""
    samples = np.zeros(int(0.2 * sounds.RATE), np.int16)
    samples[::400] = 20_000
    return sounds.write(samples, folder / "x.ogg")


def music(folder: Path) -> Path:
    """Chords with a beat."""
    time = np.arange(8 * sounds.RATE) / sounds.RATE
    chord = np.zeros_like(time)
    for step, notes in enumerate([(220, 277, 330), (196, 247, 294), (175, 220, 262)] * 4):
        here = (time >= step * 0.66) & (time < (step + 1) * 0.66)
        for note in notes:
            chord[here] += np.sin(2 * np.pi * note * time[here])
    beat = np.exp(-((time % 0.33) * 12))
    return sounds.write((chord * beat * 6000).astype(np.int16), folder / "x.ogg")


def white_noise(folder: Path) -> Path:
    return sounds.write(sounds.noise(4), folder / "x.ogg")


def silence(folder: Path) -> Path:
    return sounds.write(sounds.silence(4), folder / "x.ogg")


def ten_minutes(folder: Path) -> Path:
    return sounds.write(sounds.noise(600), folder / "x.ogg")


def truncated(folder: Path) -> Path:
    return sounds.cut(NOTE, folder / "x.ogg", 0.6)


def mp3_named_ogg(folder: Path) -> Path:
    return sounds.write(_said(), folder / "x.mp3").rename(folder / "x.ogg")


def stereo_8_khz(folder: Path) -> Path:
    """As an old phone records."""
    import wave

    mono = _said()[::2]
    file = folder / "x.wav"
    with wave.open(str(file), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(np.repeat(mono, 2).astype("<i2").tobytes())
    return file


def _said() -> np.ndarray:
    return (read_audio(NOTE, load_settings()) * 32767).astype(np.int16)


TABLE = [
    (white_noise, "no_speech", AGAIN),
    (silence, "no_speech", AGAIN),
    (music, "no_speech", AGAIN),
    (clicks, "no_speech", AGAIN),
    (ten_minutes, "audio_too_long", SHORTER),
    (truncated, "unreadable_audio", AGAIN),
    (mp3_named_ogg, HEARD, None),
    (stereo_8_khz, HEARD, None),
]


@pytest.fixture(scope="module")
def transcriber() -> Transcriber:
    return Transcriber.load()


@pytest.mark.parametrize(
    ("make", "found", "phrase"), TABLE, ids=lambda x: getattr(x, "__name__", "")
)
def test_odd_audio_gets_its_answer(
    make: Callable[[Path], Path],
    found: str,
    phrase: str | None,
    tmp_path: Path,
    transcriber: Transcriber,
) -> None:
    """The reason it is refused for, and the sentence that the citizen reads."""
    try:
        heard = transcriber.transcribe(make(tmp_path), "te")
    except SpeechError as error:
        assert error.code == found
        assert _VOICE_PHRASES.get(error.code, AGAIN) == phrase
        return
    if found == HEARD:
        assert "chudali" in heard.text.lower() and heard.language == "te"
    else:
        assert (heard.text, heard.warnings) == ("", (found,))
        assert phrase == AGAIN
