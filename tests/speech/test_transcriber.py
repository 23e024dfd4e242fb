"""The real model over the clips: language, words, silence and noise. Synthetic voices only."""

from __future__ import annotations

import json
import threading
from pathlib import Path

import numpy as np
import pytest

from nlu.speech.audio import read_audio
from nlu.speech.settings import load_settings
from nlu.speech.transcriber import Transcriber, transcribe_command
from nlu.text import fold
from tests.speech import sounds

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "data" / "demo"
CLIPS = Path(__file__).parent / "clips"

SPOKEN = [
    # clip, saved language, language, words that must sound in the text
    (DEMO / "voice-te.ogg", None, "te", ["billu", "chudali"]),
    (DEMO / "voice-hi.ogg", None, "hi", ["bijali", "bil"]),
    (DEMO / "voice-en.ogg", None, "en", ["electricity", "bill"]),
    (DEMO / "voice-en.ogg", "te", "en", ["electricity"]),  # English in spite of saved Telugu
    (CLIPS / "te-bus.ogg", "te", "te", ["bad", "basu", "tiket"]),
    (CLIPS / "en-yes.ogg", None, "en", ["yes"]),
]


@pytest.fixture(scope="module")
def transcriber() -> Transcriber:
    return Transcriber.load()


@pytest.mark.parametrize(("clip", "saved", "language", "words"), SPOKEN)
def test_clip_gives_its_language_and_words(
    clip: Path, saved: str | None, language: str, words: list[str], transcriber: Transcriber
) -> None:
    heard = transcriber.transcribe(clip, saved)
    assert heard.language == language
    assert heard.warnings == ()
    sound = fold(heard.text).replace(" ", "")
    assert [word for word in words if fold(word) not in sound] == []
    assert heard.model == "whisper-base"
    assert 0 < heard.language_probability <= 1
    assert heard.duration_s > 0.5


@pytest.mark.parametrize("language", ["te", "hi"])
def test_romanised_text_is_ascii(language: str, transcriber: Transcriber) -> None:
    heard = transcriber.transcribe(DEMO / f"voice-{language}.ogg")
    assert heard.text.isascii()


@pytest.mark.parametrize("sound", [sounds.silence, sounds.noise, sounds.tone])
def test_what_is_no_speech_is_called_so(sound, tmp_path: Path, transcriber: Transcriber) -> None:
    heard = transcriber.transcribe(sounds.write(sound(3), tmp_path / "x.ogg"), "hi")
    assert (heard.text, heard.warnings) == ("", ("no_speech",))
    assert heard.language == "hi"


def test_only_the_first_part_of_a_long_speech_is_heard(tmp_path: Path) -> None:
    settings = load_settings()
    one = (read_audio(DEMO / "voice-en.ogg", settings) * 32767).astype(np.int16)
    long = sounds.write(np.concatenate([one] * 30), tmp_path / "long.ogg")
    heard = Transcriber.load().transcribe(long)
    assert "too_long" in heard.warnings
    assert heard.duration_s > settings.limits.max_speech_seconds


def test_two_threads_may_share_a_transcriber(transcriber: Transcriber) -> None:
    heard: dict[str, str] = {}

    def hear(language: str) -> None:
        heard[language] = transcriber.transcribe(DEMO / f"voice-{language}.ogg").language

    threads = [threading.Thread(target=hear, args=(language,)) for language in ("te", "en")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {"te": "te", "en": "en"}


def test_command_prints_one_json_document(capsys: pytest.CaptureFixture[str]) -> None:
    assert transcribe_command(DEMO / "voice-en.ogg", json=True) == 0
    printed = json.loads(capsys.readouterr().out)
    assert list(printed) == [
        "text",
        "language",
        "language_probability",
        "duration_s",
        "elapsed_s",
        "model",
        "warnings",
        "others",
    ]
    assert printed["warnings"] == []


def test_command_says_why_a_file_cannot_be_heard(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "letter.ogg"
    broken.write_bytes(b"%PDF-1.7")
    assert transcribe_command(broken, json=True) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "unreadable_audio" in err
    assert transcribe_command(tmp_path / "none.ogg", json=True) == 2


class OneListener:
    """Writes what the test says, per language; hears `te` and `hi` as it says."""

    name = "a model"

    def __init__(self, heard: dict[str, float], written: dict[str, str]) -> None:
        self.heard, self.written = heard, written
        self.asked: list[str] = []

    def language_probabilities(self, speech: np.ndarray) -> list[tuple[str, float]]:
        return list(self.heard.items())

    def prompts(self, language: str) -> tuple[None]:
        return (None,)

    def by_sound(self, language: str) -> bool:
        return False

    def write(self, speech: np.ndarray, language: str, prompt: None) -> str:
        self.asked.append(language)
        return self.written[language]

    def forget(self) -> None:
        pass


@pytest.mark.parametrize(
    ("heard", "saved", "asked", "others"),
    [
        ({"te": 0.4, "hi": 0.3}, None, ["te", "hi"], [("kya hua", "hi")]),
        ({"te": 0.6, "hi": 0.1}, None, ["te"], []),
        ({"te": 0.4, "hi": 0.2}, "te", ["te"], []),  # the saved language settles it
        ({"te": 0.3, "hi": 0.2}, "te", ["te"], []),
    ],
)
def test_a_close_call_is_written_down_twice(
    heard: dict[str, float],
    saved: str | None,
    asked: list[str],
    others: list[tuple[str, str]],
) -> None:
    settings = load_settings()
    listener = OneListener(heard, {"te": "emi jarigindi", "hi": "kya hua", "en": "what"})
    made = Transcriber(settings, listener, dict.fromkeys(("te", "hi", "en"), listener))
    found = made.transcribe(DEMO / "voice-te.ogg", saved)
    assert (found.text, found.language) == ("emi jarigindi", "te")
    assert [(other.text, other.language) for other in found.others] == others
    assert listener.asked == asked
    assert [reading.language for reading in found.readings()] == asked


class BySound(OneListener):
    """Writes with a prompt, as Whisper base does."""

    def prompts(self, language: str) -> tuple[str | None]:  # type: ignore[override]
        return ("Panchhi gaate hain.",) if language in ("te", "hi") else (None,)

    def by_sound(self, language: str) -> bool:
        return language != "en"


@pytest.mark.parametrize(
    ("heard", "asked"),
    [
        ({"te": 0.9, "hi": 0.01, "en": 0.05}, ["te", "hi", "sw"]),
        ({"te": 0.1, "hi": 0.8}, ["hi", "te", "sw"]),
        ({"en": 0.98, "te": 0.01}, ["en"]),
        ({"te": 0.3, "en": 0.9, "hi": 0.01}, ["te", "en", "hi", "sw"]),  # a close call besides
        ({"te": 0.05, "en": 0.9}, ["en", "te"]),
    ],
)
def test_what_is_written_by_sound_is_written_in_other_spellings_too(
    heard: dict[str, float], asked: list[str]
) -> None:
    """English is not, nor is a model that writes the language's own script (above)."""
    written = {"te": "emi jarigindi", "hi": "kya hua", "en": "what", "sw": "emijarigindi"}
    listener = BySound(heard, written)
    made = Transcriber(load_settings(), listener, dict.fromkeys(("te", "hi", "en"), listener))
    found = made.transcribe(DEMO / "voice-te.ogg")
    assert listener.asked == asked
    assert [reading.language for reading in found.readings()] == asked


def test_a_made_up_second_reading_is_none() -> None:
    listener = OneListener({"te": 0.4, "hi": 0.3}, {"te": "emi jarigindi", "hi": "bhi " * 30})
    made = Transcriber(load_settings(), listener, dict.fromkeys(("te", "hi"), listener))
    assert made.transcribe(DEMO / "voice-te.ogg").others == ()
