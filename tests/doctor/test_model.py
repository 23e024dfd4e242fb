"""The live model: not there, changed, or of another catalogue."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from nlu.registry import ARCHIVE, DATA
from tests.doctor.site import LIVE, Site
from tests.releases import small_data


def test_no_live_model(site: Site) -> None:
    found = site.only("live-model")
    assert found.severity == "critical" and "no live model" in found.what
    assert site.result("model-files").not_looked
    site.live()
    assert site.well("live-model") and site.well("model-files")


@pytest.mark.parametrize("content", ["", "{", "[]", "live"])
def test_a_pointer_that_cannot_be_read(content: str, site: Site) -> None:
    site.live()
    site.write("models/live", content)
    assert "cannot be read" in site.only("live-model").what
    assert site.result("model-words").not_looked


def test_a_pointer_to_a_model_that_is_not_there(site: Site) -> None:
    shutil.rmtree(site.live())
    found = site.only("live-model")
    assert f"the live model {LIVE} is not in" in found.what


def test_a_changed_archive(site: Site) -> None:
    archive = site.live() / ARCHIVE
    archive.write_bytes(archive.read_bytes() + b"x")
    found = site.only("model-files")
    assert "is not the file that was registered" in found.what and "rollback" in found.mend


def test_changed_words(site: Site) -> None:
    file = site.live() / DATA / "conversation" / "greet.yml"
    file.chmod(0o644)
    file.write_text("intent: greet\n# a change\n")
    assert "is not what was registered" in site.only("model-files").what


def test_a_canary_that_cannot_answer(site: Site) -> None:
    """The live model does, so it is trouble and no more."""
    entry = site.live()
    assert site.well("canary")
    site.write("models/canary", '{"id": "gone", "percent": 5}')
    found = site.only("canary")
    assert found.severity == "trouble" and "no model gone" in found.what
    assert "seva canary --end" in found.mend
    site.write("models/canary", "{")
    assert "cannot be read" in site.only("canary").what
    site.write("models/canary", f'{{"id": "{LIVE}", "percent": 5}}')
    assert site.well("canary")
    (entry / ARCHIVE).write_bytes(b"x")
    assert "is not the file that was registered" in site.only("canary").what


def test_another_catalogue_than_the_models(site: Site) -> None:
    site.live()
    assert site.well("model-words")
    own = small_data(site.folder / "own", ("bill", "meter"))
    site.environ["SEVA_DATA_DIR"] = str(own)
    found = site.only("model-words")
    assert found.severity == "critical" and "has 1 services" in found.what


def test_the_same_services_with_other_words(site: Site) -> None:
    """Nothing refuses it: what was edited is read, and the model was not trained on it."""
    own = small_data(site.folder / "own")
    site.live(own)
    site.environ["SEVA_DATA_DIR"] = str(own)
    assert site.well("model-words")
    (own / "services" / "energy" / "bill.yml").write_text("service: bill\n# more\n")
    assert site.only("model-words").severity == "trouble"


def test_what_was_edited_and_is_not_live(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    own = small_data(Path(site.folder) / "data")
    (own / "languages.yml").write_text("languages: []\n")
    site.live(own)
    assert site.well("model-words")
    (own / "services" / "energy" / "bill.yml").write_text("service: bill\n# more\n")
    assert site.only("model-words").severity == "notice"
