"""A toy run: a small Whisper learns two recordings by heart and writes them once converted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nlu.speech.evaluation import Recording
from nlu.speech.settings import load_settings
from nlu.speech.trainer import TuningSettings, convert, tune, tune_command
from nlu.speech.transcriber import Transcriber
from tests.speech.tiny_whisper import tiny_whisper

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
SAID = {"te": "నా కరెంటు బిల్లు చూడాలి", "hi": "मुझे अपना बिजली का बिल देखना है"}
QUICK = TuningSettings(epochs=120, batch=2, rate=1e-2)


@pytest.fixture(scope="module")
def recordings() -> list[Recording]:
    return [Recording(DEMO / f"voice-{code}.ogg", code, text) for code, text in SAID.items()]


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_whisper(tmp_path_factory.mktemp("base") / "tiny")


@pytest.mark.nightly
def test_recordings_are_learned_and_written(
    recordings: list[Recording], untrained: Path, tmp_path: Path
) -> None:
    """Each language in its own script, through the same code as every other model."""
    said: list[str] = []
    tuned = tune(recordings, str(untrained), tmp_path / "tuned", QUICK, say=said.append)
    assert tuned.after < 0.5 < 5 < tuned.before
    assert said[0] == "Reading 2 recordings" and "epoch 120/120" in said[-1]
    convert(str(tmp_path / "tuned"), tmp_path / "whisper-own")
    settings = load_settings()
    own = settings.entry(str(tmp_path / "whisper-own"))
    own = replace(own, mode="native", languages=tuple(SAID))
    listed = replace(settings, models={**settings.models, own.name: own})
    transcriber = Transcriber.load(listed.hearing_with(own.name))
    for code, text in SAID.items():
        heard = transcriber.transcribe(DEMO / f"voice-{code}.ogg", code)
        assert (heard.model, heard.text) == ("whisper-own", text)


def test_a_frozen_encoder_stays(
    recordings: list[Recording], untrained: Path, tmp_path: Path
) -> None:
    from transformers import WhisperForConditionalGeneration

    few = TuningSettings(epochs=2, rate=1e-2, freeze_encoder=True)
    tune(recordings, str(untrained), tmp_path / "tuned", few)
    before = WhisperForConditionalGeneration.from_pretrained(untrained).state_dict()
    after = WhisperForConditionalGeneration.from_pretrained(tmp_path / "tuned").state_dict()
    moved = {name for name in before if not before[name].equal(after[name])}
    assert moved and not any(".encoder." in name for name in moved)


def test_what_makes_nothing_better_is_not_kept(
    recordings: list[Recording], untrained: Path, tmp_path: Path
) -> None:
    """A rate at which the loss only rises: the model stays as it came."""
    tuned = tune(recordings, str(untrained), tmp_path / "tuned", TuningSettings(1, rate=50.0))
    assert tuned.epoch == 0 and tuned.after == tuned.before


def test_the_command_says_what_is_next(
    untrained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = tmp_path / "own.tsv"
    manifest.write_text(
        f"file\tlanguage\ttext\n{DEMO / 'voice-te.ogg'}\tte\t{SAID['te']}\n", "utf-8"
    )
    once = TuningSettings(epochs=1, rate=1e-3)
    assert tune_command(manifest, str(untrained), tmp_path / "out", once, threads=1) == 0
    printed = capsys.readouterr().out
    assert f"seva speech convert {tmp_path / 'out'} --to {tmp_path / 'out'}-int8 --language te" in (
        printed
    )
    assert tune_command(manifest, str(untrained), tmp_path / "out", once, threads=1) == 1
    assert "is there already" in capsys.readouterr().err
    manifest.write_text("file\tlanguage\ttext\nlost.ogg\tte\tఅవును\n", "utf-8")
    assert tune_command(manifest, str(untrained), tmp_path / "new", once, threads=1) == 1
    assert "own.tsv:2" in capsys.readouterr().err
