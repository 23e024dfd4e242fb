"""The menu's topics: every service in one, mistakes told at their line."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.catalogue import load_catalogue
from nlu.catalogue.checker import check_catalogue
from tests.catalogue.sample import VIEW, line_of, write_sample

TOPICS = """\
topics:
  - name: bills
    title: {te: "బిల్లులు", hi: "बिल", en: "Bills"}
    about: {te: "బిల్లులు", hi: "बिल", en: "See and pay"}
    services:
      - bill_payment
  - name: rest
    title: {te: "మిగతావి", hi: "बाक़ी", en: "The rest"}
    about: {te: "మిగతావి", hi: "बाक़ी", en: "All else"}
    services: []
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = write_sample(tmp_path)
    (root / "topics.yml").write_text(TOPICS, "utf-8")
    return root


def test_a_service_in_no_topic_stands_where_its_department_does(folder: Path) -> None:
    """So that a service is still one file."""
    topics = load_catalogue(folder).topics
    assert topics["bills"].services == ("bill_payment", "bill_view")
    assert check_catalogue(folder).problems == ()


def test_without_the_file_there_are_none(tmp_path: Path) -> None:
    assert load_catalogue(write_sample(tmp_path)).topics == {}


@pytest.mark.parametrize(
    ("file", "old", "new", "on", "says"),
    [
        ("topics.yml", "- bill_payment", "- bill_paymnt", "services:", "`bill_payment`?"),
        ("topics.yml", "services: []", "services: [bill_payment]", "services: [", "also in the"),
        ("topics.yml", '"See and pay"', f'"{"x" * 73}"', "x" * 73, "shorten it by 1"),
        ("topics.yml", 'en: "Bills"', 'en: "Bills and much more than that"', "Bills", "is 24"),
        ("topics.yml", "  - name: bills", "  - nam: bills", "nam:", "did you mean `name`?"),
        (VIEW, '"See bill"', '"Pay bill"', "menu:", "make them different"),
    ],
)
def test_a_mistake_is_told_at_its_line(
    folder: Path, file: str, old: str, new: str, on: str, says: str
) -> None:
    path = folder / file
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    found = [p for p in check_catalogue(folder).problems if says in str(p)]
    assert line_of(path, on) in [p.line for p in found if p.file == path], found
