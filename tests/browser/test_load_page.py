"""The page of `seva load` in a real browser, opened from a file: nothing is fetched, all fits."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from api.load.outcome import outcome
from api.load.page import write_page
from tests.axe import faults
from tests.load.runs import finished

SIZES = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 900}}


@pytest.fixture(params=[(s, c) for s in SIZES for c in ("light", "dark")], ids=str)
def opened(chromium: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page at a size and scheme; errors and requests fail the test."""
    size, scheme = request.param
    page = tmp_path / "load.html"
    write_page(page, outcome(finished(), "http://127.0.0.1:8780/webhooks/whatsapp"))
    context = chromium.new_context(viewport=SIZES[size], color_scheme=scheme)
    tab = context.new_page()
    asked: list[str] = []
    wrong: list[str] = []
    tab.on("request", lambda r: asked.append(r.url))
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    tab.on("console", lambda line: wrong.append(line.text))
    tab.goto(page.as_uri())
    yield tab
    context.close()
    assert asked == [page.as_uri()] and wrong == []


def test_page_fits_its_screen_and_draws_all(opened: Page) -> None:
    width = "[document.documentElement.scrollWidth, window.innerWidth]"
    page_width, window_width = opened.evaluate(width)
    assert page_width <= window_width
    plots = opened.locator("svg.plot")
    expect(plots).to_have_count(4)
    for number, curves in enumerate((3, 2, 2, 1)):
        expect(plots.nth(number).locator("polyline")).to_have_count(curves)
    outside = opened.evaluate(
        """() => [...document.querySelectorAll("svg.plot")].flatMap((plot) => {
          const own = plot.getBoundingClientRect();
          return [...plot.querySelectorAll("text, polyline")].filter((e) => {
            const box = e.getBoundingClientRect();
            return box.left < own.left - 1 || box.right > own.right + 1
              || box.top < own.top - 1 || box.bottom > own.bottom + 1;
          }).map((e) => e.textContent);
        })"""
    )
    assert outside == []
    expect(opened.get_by_role("row", name="until the answer 1")).to_be_visible()


def test_everybody_can_read_it(opened: Page) -> None:
    assert faults(opened) == []
