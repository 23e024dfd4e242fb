"""What a page points to is there: files, headings, images, paths, pages of the site."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.docs.pages import ROOT, anchors, links, pages, prose

_TOP = "actions|api|nlu|data|tests|benchmarks|docs|deploy|models"
_PATH = re.compile(rf"`((?:{_TOP})/[\w./-]*)`")
MADE_LATER = ("nlu/shipped", "models/live", "data/services/energy/meter_shift.yml")

page_of = pytest.mark.parametrize("page", pages(), ids=lambda p: str(p.relative_to(ROOT)))


@page_of
def test_relative_links_lead_somewhere(page: Path) -> None:
    for target in links(page):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        assert file.exists(), f"{page}: {target}"
        if anchor:
            assert anchor in anchors(file), f"{page}: {target}; there are {sorted(anchors(file))}"


@page_of
def test_paths_in_backticks_exist(page: Path) -> None:
    for path in _PATH.findall(prose(page)):
        found = (ROOT / path).exists() or any(
            (base / path).exists() for base in (page.parent, ROOT / "data")
        )
        assert found or path in MADE_LATER, f"{page}: `{path}` is not there"


def test_the_site_shows_every_page() -> None:
    site = yaml.load((ROOT / "mkdocs.yml").read_text("utf-8"), yaml.BaseLoader)
    shown = set(re.findall(r"[\w/-]+\.md", str(site["nav"])))
    there = {str(p.relative_to(ROOT / "docs")) for p in (ROOT / "docs").rglob("*.md")}
    assert shown == there


def test_every_decision_is_listed() -> None:
    index = ROOT / "docs" / "decisions" / "README.md"
    there = {p.name for p in index.parent.glob("*.md")} - {"README.md"}
    assert set(links(index)) == there
