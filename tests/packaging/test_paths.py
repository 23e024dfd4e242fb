"""Where a Seva that runs from a checkout looks, and what an own catalogue changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu import paths
from nlu.components.project import catalogue_folder
from nlu.text.lexicon import lexicon_folder
from tests.packaging.conftest import ROOT

VARIABLES = {
    "SEVA_DATA_DIR": paths.data_folder,
    "SEVA_MODELS_DIR": paths.models_folder,
    "SEVA_CACHE_DIR": paths.cache_folder,
    "SEVA_CONFIG": paths.config_file,
    "SEVA_VAR_DIR": paths.var_folder,
}


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and nothing configured."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def own(elsewhere: Path) -> Path:
    """A catalogue of one's own lies here."""
    (elsewhere / "data").mkdir()
    (elsewhere / "data" / "languages.yml").touch()
    return elsewhere


def test_elsewhere_the_checkout_is_used() -> None:
    assert paths.defaults() == {
        "data_dir": ROOT / "data",
        "models_dir": ROOT / "models",
        "cache_dir": ROOT / ".cache" / "seva",
        "config": ROOT / "config.yml",
    }
    assert catalogue_folder("data") == ROOT / "data"


def test_an_own_catalogue_has_its_own_models(own: Path) -> None:
    """Training reads the catalogue that `seva check` reads."""
    assert paths.data_folder() == Path("data")
    assert catalogue_folder("data") == own / "data"
    assert paths.models_folder() == own / "models"
    assert paths.config_file() == ROOT / "config.yml"
    (own / "config.yml").touch()
    assert paths.config_file() == own / "config.yml"


@pytest.mark.parametrize("name", VARIABLES)
def test_a_variable_wins(name: str, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "/other/place")
    assert VARIABLES[name]() == Path("/other/place")


def test_a_lexicon_belongs_to_its_catalogue(own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEVA_DATA_DIR", "data")
    assert lexicon_folder() == own / "data" / "lexicon"
