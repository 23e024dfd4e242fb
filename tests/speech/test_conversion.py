"""A fine-tuned Whisper becomes usable by one command and a few lines of YAML."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from nlu.fast_yaml import load_yaml
from nlu.speech.settings import load_settings
from nlu.speech.trainer import convert, convert_command
from nlu.speech.transcriber import Transcriber
from tests.speech.tiny_whisper import tiny_whisper

SAYS = "నా కరెంటు బిల్లు చూడాలి"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_whisper(tmp_path_factory.mktemp("hub") / "whisper-tiny-te", SAYS)


@pytest.fixture(scope="module")
def converted(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "whisper-te"
    convert(str(source), folder)
    return folder


def test_a_converted_model_has_all_that_faster_whisper_reads(converted: Path) -> None:
    names = {file.name for file in converted.iterdir()}
    assert {"model.bin", "config.json", "tokenizer.json", "preprocessor_config.json"} <= names
    assert not list(converted.parent.glob(".converting-*"))


def test_the_printed_lines_put_it_to_use(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing but data/speech.yml changes: Telugu is written by the new model in its own script,
    the rest by the old one."""
    folder = tmp_path / "whisper-te"
    assert convert_command(str(source), folder, ["te"], "native", "int8") == 0
    printed = load_yaml(capsys.readouterr().out)
    data = load_yaml((ROOT / "data" / "speech.yml").read_text("utf-8"))
    data["model_of_language"] = printed["model_of_language"]
    data["models"].update(printed["models"])
    with open(tmp_path / "speech.yml", "w", encoding="utf-8") as out:
        yaml.safe_dump(data, out)
    settings = load_settings(tmp_path / "speech.yml")
    assert settings.entry_for("te").mode == "native"
    transcriber = Transcriber.load(settings)
    heard = transcriber.transcribe(ROOT / "data" / "demo" / "voice-te.ogg", "te")
    assert (heard.model, heard.language, heard.text) == ("whisper-te", "te", SAYS)
    english = transcriber.transcribe(ROOT / "data" / "demo" / "voice-en.ogg")
    assert english.model == "whisper-base" and "bill" in english.text.lower()


def test_an_old_card_gets_its_fast_tokenizer(tmp_path: Path) -> None:
    """Only vocabulary and merges are there."""
    source = tiny_whisper(tmp_path / "old", fast_tokenizer=False)
    convert(str(source), tmp_path / "new")
    assert (tmp_path / "new" / "tokenizer.json").is_file()


def test_a_folder_that_is_there_is_not_overwritten(source: Path, converted: Path) -> None:
    before = (converted / "model.bin").read_bytes()
    with pytest.raises(FileExistsError, match="is there already"):
        convert(str(source), converted)
    assert (converted / "model.bin").read_bytes() == before


def test_what_is_no_whisper_is_said_so(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing is left behind."""
    shutil.copytree(source, tmp_path / "bert")
    (tmp_path / "bert" / "config.json").write_text('{"model_type": "bert"}', "utf-8")
    assert convert_command(str(tmp_path / "bert"), tmp_path / "new", ["te"], "native", "int8") == 1
    assert "not a Whisper" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()
