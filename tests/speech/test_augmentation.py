"""The catalogue read to a speech model: what is chosen, kept, and not done twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from nlu.augment.transcripts import FOLDER, read_heard
from nlu.catalogue import Catalogue, shared_catalogue
from nlu.speech import augmentation
from nlu.speech.augmentation import Sentence, augment_command, hear, sentences
from nlu.speech.errors import SpeechError
from nlu.speech.synthesis import SynthesisError
from nlu.speech.transcript import Transcript

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return shared_catalogue(ROOT / "data")


class Voice:
    name, language = "a-voice", "te"

    def __init__(self) -> None:
        self.said: list[str] = []

    def say(self, text: str) -> np.ndarray:
        self.said.append(text)
        if "OTP" in text:
            raise SynthesisError("a-voice: Latin letters")
        return np.zeros(16_000, np.float32)


class Whisper:
    error: SpeechError | None = None
    asked: tuple[bytes, str | None]

    def transcribe(self, path: Path, language: str | None) -> Transcript:
        self.asked = (path.read_bytes(), language)
        if self.error:
            raise self.error
        return Transcript("na karam to", "te", 1.0, 1.0, 0.1, "whisper-x")


def test_readings_are_trained_short_and_the_same_every_time(catalogue: Catalogue) -> None:
    """A service that is added later changes nobody else's."""
    found = sentences(catalogue, "te", 3, 60)
    trained = {
        (name, " ".join(u.text.split()))
        for name, intent in {**catalogue.services, **catalogue.conversation}.items()
        for u in intent.utterances["te"]
    }
    assert {(r.intent, r.text) for r in found} <= trained
    assert max(len(r.text) for r in found) <= 60
    per_intent = [sum(r.intent == name for r in found) for name in catalogue.services]
    assert max(per_intent) == 3 and min(per_intent) >= 1
    assert found == sentences(catalogue, "te", 3, 60)
    assert set(found) <= set(sentences(catalogue, "te", 5, 60))


def test_a_reading_is_heard_as_a_note_of_that_language() -> None:
    """In Opus, as WhatsApp sends it."""
    whisper = Whisper()
    row = hear(Voice(), whisper, Sentence("greet", "నమస్తే"))
    assert row is not None
    assert (row.intent, row.language, row.voice) == ("greet", "te", "a-voice")
    assert (row.model, row.transcript) == ("whisper-x", "na karam to")
    assert whisper.asked[0][:4] == b"OggS" and whisper.asked[1] == "te"


def test_what_is_not_understood_is_kept_and_what_cannot_be_said_is_not() -> None:
    whisper = Whisper()
    whisper.error = SpeechError("empty_audio", "x")
    row = hear(Voice(), whisper, Sentence("greet", "నమస్తే"))
    assert row is not None and row.transcript == ""
    assert hear(Voice(), whisper, Sentence("greet", "OTP రాలేదు")) is None


@pytest.fixture
def voice() -> Voice:
    return Voice()


@pytest.fixture
def here(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, catalogue: Catalogue, voice: Voice
) -> Catalogue:
    """A catalogue whose files of readings lie in a folder of the test."""
    monkeypatch.setattr(augmentation, "open_voice", lambda name: voice)
    monkeypatch.setattr(augmentation.Transcriber, "load", classmethod(lambda cls: Whisper()))
    return replace(catalogue, root=tmp_path)


def test_only_new_utterances_are_read(
    here: Catalogue, voice: Voice, capsys: pytest.CaptureFixture[str]
) -> None:
    """The file grows; what left the catalogue leaves it."""
    file = here.root / FOLDER / "a-voice.tsv"
    given = {"development": 0, "longest": 40, "workers": 1}
    assert augment_command(here, {"a-voice": 1}, **given) == 0
    first = read_heard(file)
    assert len(first) > 100
    assert {row.transcript for row in first} == {"na karam to"}
    said = len(voice.said)
    assert augment_command(here, {"a-voice": 1}, **given) == 0
    assert len(voice.said) == said
    assert "0 of them new" in capsys.readouterr().out
    file.write_text(
        file.read_text("utf-8") + "greet\tte\ta-voice\twhisper-x\tఎక్కడా లేని వాక్యం\tekkada\n", "utf-8"
    )
    assert augment_command(here, {"a-voice": 2}, **given) == 0
    again = read_heard(file)
    assert len(again) > len(first) and set(first) <= set(again)
    assert "ekkada" not in {row.transcript for row in again}


def test_development_sentences_are_read_too(here: Catalogue, voice: Voice) -> None:
    """And stay in the file when they are not asked for again."""
    file = here.root / FOLDER / "a-voice.tsv"
    given = {"longest": 40, "workers": 1}
    assert augment_command(here, {"a-voice": 1}, development=1, **given) == 0
    first = read_heard(file)
    held = {
        " ".join(u.text.split())
        for intent in (*here.services.values(), *here.conversation.values())
        for u in intent.development.get("te", ())
    }
    assert len({row.intent for row in first if row.text in held}) > 50
    assert augment_command(here, {"a-voice": 1}, development=0, **given) == 0
    assert read_heard(file) == first


def test_a_missing_voice_and_a_broken_file_are_told(
    here: Catalogue, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = here.root / FOLDER / "a-voice.tsv"
    file.parent.mkdir()
    file.write_text("x\n")
    assert augment_command(here, {"a-voice": 1}, development=1, longest=40) == 1
    assert "a-voice.tsv:1:" in capsys.readouterr().err

    def missing(name: str) -> Voice:
        raise SynthesisError(f"{name}: run `make voices`")

    monkeypatch.setattr(augmentation, "open_voice", missing)
    assert augment_command(here, {"a-voice": 1}, development=1, longest=40) == 1
    assert "make voices" in capsys.readouterr().err
