"""The project's own data is valid."""

from __future__ import annotations

from pathlib import Path

from nlu.catalogue.checker import check_catalogue
from nlu.catalogue.limits import load_limits

DATA = Path(__file__).resolve().parents[2] / "data"


def test_data_is_valid() -> None:
    """Also under --strict."""
    assert list(map(str, check_catalogue(DATA, strict=True).problems)) == []


def test_every_phrase_is_one_the_check_knows() -> None:
    """A phrase with a placeholder that check.yml does not list would be refused."""
    result = check_catalogue(DATA)
    assert load_limits(DATA).phrases.keys() <= result.catalogue.phrases.keys()


def test_data_readme_names_every_entry() -> None:
    """The tree in data/README.md is complete."""
    text = (DATA / "README.md").read_text("utf-8")
    entries = [p for p in DATA.iterdir() if not p.name.startswith(".") and p.name != "README.md"]
    assert [p.name for p in entries if p.name not in text] == []
