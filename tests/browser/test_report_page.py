"""The evaluation report in a real browser, opened from a file: nothing is fetched, all works."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.training.report.predictions import BUS, PAY, VIEW, WORDS, page, prediction, right, wrong

SIZES = {"phone": {"width": 360, "height": 740}, "desktop": {"width": 1280, "height": 900}}


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One of each, with a long message."""
    rows = [
        *(right(key) for key in WORDS),
        *(wrong(key) for key in WORDS),
        prediction("ఒకటి " * 60, "te", VIEW, [(BUS, 0.8)]),
        prediction("weather", "en", "out_of_scope", [(PAY, 0.9)]),
        prediction("bus 2", "en", BUS, [(BUS, 0.9)], slots={"passenger_count": "2"}),
    ]
    path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(page(rows), "utf-8")
    return path


@pytest.fixture
def opened(chromium: Browser, report: Path, request: pytest.FixtureRequest) -> Iterator[Page]:
    """The page at a size and scheme; errors and requests fail the test."""
    size, scheme = getattr(request, "param", ("desktop", "light"))
    context = chromium.new_context(viewport=SIZES[size], color_scheme=scheme)
    tab = context.new_page()
    asked: list[str] = []
    wrong_things: list[str] = []
    tab.on("request", lambda r: asked.append(r.url))
    tab.on("pageerror", lambda error: wrong_things.append(str(error)))
    tab.on("console", lambda line: wrong_things.append(line.text))
    tab.goto(report.as_uri())
    yield tab
    context.close()
    assert asked == [report.as_uri()] and wrong_things == []


@pytest.mark.parametrize(
    "opened", [(s, c) for s in SIZES for c in ("light", "dark")], indirect=True, ids=str
)
def test_page_fits_its_screen(opened: Page) -> None:
    """Wide tables scroll inside their boxes, never the page; every box can be scrolled by key."""
    width = "[document.documentElement.scrollWidth, window.innerWidth]"
    page_width, window_width = opened.evaluate(width)
    assert page_width <= window_width
    unreachable = opened.evaluate(
        """() => [...document.querySelectorAll("*")].filter((e) =>
          ["auto", "scroll"].includes(getComputedStyle(e).overflowX) && e.tabIndex < 0
          && e !== document.documentElement).length"""
    )
    assert unreachable == 0
    expect(opened.locator("#messages > li")).to_have_count(8)


@pytest.mark.parametrize(
    "opened", [("desktop", "light"), ("desktop", "dark")], indirect=True, ids=str
)
def test_text_stands_out_from_what_is_behind_it(opened: Page) -> None:
    """At least 4.5 to 1 (WCAG 2.2, 1.4.3), badges and plots included."""
    faint = opened.evaluate(
        """() => {
          const parts = (c) => c.match(/[\\d.]+/g).map(Number);
          const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
            .map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
          const behind = (e) => {
            const [r, g, b, a = 1] = parts(getComputedStyle(e).backgroundColor);
            if (a === 1 || !e.parentElement) return [r, g, b];
            return behind(e.parentElement).map((v, i) => v * (1 - a) + [r, g, b][i] * a);
          };
          const found = [];
          for (const e of document.querySelectorAll("body *:not(script):not(option)")) {
            const words = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
            if (!words || !e.getClientRects().length || e.closest(".skip")) continue;
            const style = getComputedStyle(e);
            const ink = parts(e.closest("svg") ? style.fill : style.color);
            const [a, b] = [light(ink), light(behind(e))];
            const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            const name = e.className.baseVal ?? e.className;
            if (ratio < 4.5) found.push(`${e.tagName} ${name} ${ratio.toFixed(2)}`);
          }
          return [...new Set(found)];
        }"""
    )
    assert faint == []


@pytest.mark.parametrize("key", WORDS)
def test_messages_are_filtered_by_key(opened: Page, key: str) -> None:
    """And the page says how many are left."""
    opened.get_by_label("Written in").select_option(key)
    shown = opened.locator("#messages > li:visible")
    expect(shown.locator(f"q[lang='{key}']").first).to_have_text(WORDS[key])
    expect(shown).to_have_count({"te": 2, "en": 3}.get(key, 1))
    expect(opened.locator("#shown")).to_contain_text("of 8")


def test_messages_are_filtered_by_service_kind_and_words(opened: Page) -> None:
    """Together."""
    opened.get_by_label("Meant").select_option(VIEW)
    expect(opened.locator("#messages > li:visible")).to_have_count(6)
    opened.get_by_label("Words").fill("కరెంటు")
    expect(opened.locator("#messages > li:visible")).to_have_count(1)
    opened.get_by_label("Meant").select_option("")
    opened.get_by_label("Words").fill("")
    opened.get_by_label("What happened").select_option("accepted")
    expect(opened.locator("#messages > li:visible")).to_have_count(1)


def test_services_are_sorted_by_a_column(opened: Page) -> None:
    """Up first, then down; the column says so to a screen reader."""
    table = opened.get_by_role("region", name="Scores per service").locator("table")
    head = table.get_by_role("columnheader", name="right first")
    cells = table.locator("tbody td:nth-child(4)")
    for direction in ("ascending", "descending"):
        head.get_by_role("button").click()
        expect(head).to_have_attribute("aria-sort", direction)
        values = [float(v) for v in cells.evaluate_all("all => all.map((c) => c.dataset.value)")]
        assert values == sorted(values, reverse=direction == "descending")
        assert len(set(values)) > 1


def test_page_is_complete_without_scripts(chromium: Browser, report: Path) -> None:
    """Filters are hidden where they would do nothing."""
    context = chromium.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(report.as_uri())
    expect(tab.locator("#messages > li:visible")).to_have_count(8)
    expect(tab.locator("#filters")).to_be_hidden()
    context.close()
