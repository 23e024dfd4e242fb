"""Offline voices: what they say is heard again, and what is missing is told."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nlu.speech.audio import SAMPLE_RATE, opus, read_audio, read_sound, resampled
from nlu.speech.settings import load_settings
from nlu.speech.synthesis import SynthesisError, open_voice
from nlu.speech.synthesis.engines import KokoroSettings, KokoroVoice, folder
from nlu.speech.synthesis.voices import load_voices
from tests.speech import sounds

ROOT = Path(__file__).resolve().parents[2]
FESTIVAL = [("festival-te", "నా కరెంటు బిల్లు చూడాలి"), ("festival-hi", "मुझे बिजली का बिल देखना है")]


def energy(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples**2)))


@pytest.mark.parametrize(("name", "text"), FESTIVAL)
def test_festival_says_a_sentence(name: str, text: str) -> None:
    """One to six seconds of sound."""
    samples = open_voice(name).say(text)
    assert samples.dtype == np.float32
    assert SAMPLE_RATE < len(samples) < 6 * SAMPLE_RATE
    assert energy(samples) > 0.01


def test_what_cannot_be_said_is_an_error() -> None:
    """An empty text, and letters that the voice would leave out without a word."""
    voice = open_voice("festival-te")
    for text in ("", "  ", "hello SMS రాలేదు"):
        with pytest.raises(SynthesisError, match="festival-te"):
            voice.say(text)


def test_text_is_no_program() -> None:
    """Quotes and backslashes are said as pauses; nothing is run."""
    voice = open_voice("festival-te")
    bold = 'బిల్లు" ) (system "touch /tmp/seva-owned") (print "'
    with pytest.raises(SynthesisError):
        voice.say(bold)  # Latin letters
    assert energy(voice.say('బిల్లు") (నమస్తే) \\ "')) > 0.01
    assert not Path("/tmp/seva-owned").exists()


def test_a_voice_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(SynthesisError, match="there are festival-te"):
        open_voice("nobody")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SynthesisError, match="make voices"):
        open_voice("festival-te")
    monkeypatch.setenv("SEVA_CACHE_DIR", str(tmp_path))
    with pytest.raises(SynthesisError, match="make voices"):
        open_voice("kokoro-te-1")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("engine: festival", "engine: tape"), "use one of: festival, kokoro|is not known here"),
        (("training: {festival-te", "training: {nobody"), "no voice 'nobody'"),
        (("language: te", "tongue: te"), "tongue"),
        (("kokoro:\n", "cocoa:\n"), "kokoro"),
    ],
)
def test_a_broken_file_of_voices_is_told(
    change: tuple[str, str], said: str, tmp_path: Path
) -> None:
    text = (ROOT / "data" / "voices.yml").read_text("utf-8")
    assert change[0] in text
    file = tmp_path / "voices.yml"
    file.write_text(text.replace(*change, 1), "utf-8")
    with pytest.raises(SynthesisError, match=said):
        load_voices(file)


def test_every_language_has_two_voices_for_measuring() -> None:
    voices = load_voices()
    assert set(voices.benchmark) == {"te", "hi", "en"}
    for language, names in voices.benchmark.items():
        assert len(set(names)) == 2
        assert {voices.entry(name).language for name in names} == {language}


def test_opus_is_what_a_phone_sends(tmp_path: Path) -> None:
    """It is read back as long as it was and at its pitch, in few bytes."""
    samples = sounds.tone(2).astype(np.float32) / 32768
    data = opus(samples)
    file = tmp_path / "x.ogg"
    file.write_bytes(data)
    again = read_audio(file, load_settings())
    assert abs(len(again) - len(samples)) < 0.05 * SAMPLE_RATE
    assert len(data) < 2 * 16_000 / 8 * 1.5
    assert _pitch(again) == pytest.approx(440, abs=3)
    assert _pitch(read_sound(file)) == pytest.approx(440, abs=3)


def test_resampling_keeps_pitch_and_length() -> None:
    time = np.arange(24_000) / 24_000
    samples = (0.3 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    again = resampled(samples, 24_000)
    assert abs(len(again) - SAMPLE_RATE) < 50
    assert _pitch(again) == pytest.approx(440, abs=3)


def _pitch(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples))
    return float(np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE)[spectrum.argmax()])


class Session:
    """A model that fails as Kokoro's does, and then speaks."""

    def __init__(self, outputs: list[np.ndarray]) -> None:
        self.outputs, self.given = outputs, []

    def run(self, _: None, given: dict[str, np.ndarray]) -> list[np.ndarray]:
        self.given.append(given)
        return [self.outputs.pop(0)]


@pytest.fixture
def kokoro(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("SEVA_CACHE_DIR", str(tmp_path))
    folder().mkdir()
    (folder() / "model.onnx").touch()
    np.arange(510 * 256, dtype=np.float32).tofile(folder() / "style.bin")
    settings = KokoroSettings(
        (("tʃ", "ʧ"),), tries=3, speeds=(1.0, 0.9), loudest=2.0, quietest=0.02
    )

    def made(outputs: list[np.ndarray], sounds: str = "te") -> tuple[KokoroVoice, Session]:
        session = Session(outputs)
        symbols = {sign: number for number, sign in enumerate("abcdefghijklmnopqrstuvwxyzʧˈː ", 1)}
        monkeypatch.setattr("nlu.speech.synthesis.engines._model", lambda where: (session, symbols))
        return KokoroVoice("k", "en", "style", sounds, settings), session

    return made


def test_noise_and_silence_are_made_again(kokoro) -> None:
    """With more space at the end."""
    tone = (0.3 * np.sin(np.arange(24_000) / 9)).astype(np.float32)
    voice, session = kokoro([np.full(9, np.nan, np.float32), np.zeros(9, np.float32), tone])
    assert energy(voice.say("నమస్తే")) > 0.1
    lengths = [given["tokens"].shape[1] for given in session.given]
    assert lengths[1:] == [lengths[0] + 1, lengths[0] + 2]
    assert session.given[0]["style"].shape == (1, 256)
    assert [float(given["speed"][0]) for given in session.given] == pytest.approx([1, 0.9, 1])


def test_nothing_but_noise_is_an_error(kokoro) -> None:
    voice, _ = kokoro([np.full(9, 5, np.float32)] * 3)
    with pytest.raises(SynthesisError, match="only noise"):
        voice.say("నమస్తే")


def test_phonemes_are_the_models_own(kokoro) -> None:
    """espeak-ng's two signs for ch are one of the model's."""
    voice, _ = kokoro([], "en-gb")
    assert voice.phonemes("cheque") == "ʧˈɛk"
    with pytest.raises(SynthesisError, match="nothing to say"):
        voice.say("...")


def test_kokoro_says_a_sentence() -> None:
    """The real one, where `make voices` has run."""
    try:
        voice = open_voice("kokoro-te-1")
    except SynthesisError as error:
        pytest.skip(str(error))
    samples = voice.say("నా కరెంటు బిల్లు చూడాలి")
    assert SAMPLE_RATE < len(samples) < 6 * SAMPLE_RATE
    assert energy(samples) > 0.02
