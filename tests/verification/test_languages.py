"""Which language the page speaks, and that everybody can use it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from tests.axe import faults
from tests.verification.conftest import PHONE_SIZE
from tests.verification.reading import data, languages
from tests.verification.test_states import REASON, forged, replaced, revoked, valid

HOME = data()["words"]["page"]["home_title"]


@pytest.mark.parametrize(
    ("locale", "tag"), [("hi-IN", "hi"), ("en-US", "en"), ("te", "te"), ("ta-IN", "te")]
)
def test_the_browsers_language_comes_first_and_telugu_otherwise(office, open_page, locale, tag):
    page = open_page(office.origin, "home", locale=locale)
    expect(page.locator("h1")).to_have_text(HOME[tag])


def test_the_chosen_language_is_remembered(office, open_page):
    page = open_page(office.origin, "home", locale="en-IN")
    page.locator("nav [lang=hi]").click()
    page.goto(valid(office))
    expect(page.locator("html")).to_have_attribute("lang", "hi")
    expect(page.locator("nav [lang=hi]")).to_have_attribute("aria-pressed", "true")


def test_everything_can_be_reached_by_keyboard(office, open_page):
    page = open_page(office.origin, "home")
    reached = []
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.textContent"))
    words = data()["words"]["page"]
    assert reached[-2:] == [words["scan"]["te"], words["choose"]["te"]]


def test_keys_that_arrive_late_do_not_move_the_focus(office, chromium):
    context = chromium.new_context(viewport=PHONE_SIZE, locale="te-IN")
    page, held = context.new_page(), []
    page.route("**/keys.json", lambda route: held.append(route))
    page.goto(office.origin)
    scan = page.get_by_role("button", name=data()["words"]["page"]["scan"]["te"])
    scan.focus()
    expect(page.locator("[data-keys='none']")).to_be_attached()
    held[0].continue_()
    expect(page.locator("[data-keys='0']")).to_be_attached()
    expect(scan).to_be_focused()
    context.close()


def test_the_result_takes_the_focus_for_who_cannot_see_it(office, open_page):
    page = open_page(revoked(office), "revoked")
    assert page.evaluate("document.activeElement.tagName") == "H1"


def test_first_sight_on_a_small_phone_holds_verdict_and_name(office, open_page):
    page = open_page(valid(office), "valid")
    page.evaluate("document.fonts.ready")
    name = page.locator("dd.value").nth(1).bounding_box()
    assert name["y"] + name["height"] <= PHONE_SIZE["height"]


@pytest.mark.parametrize(
    "make", [None, valid, revoked, replaced, forged], ids=lambda m: m and m.__name__
)
@pytest.mark.parametrize(
    "size",
    [PHONE_SIZE, pytest.param({"width": 1280, "height": 800}, marks=pytest.mark.nightly)],
    ids=["phone", "desktop"],
)
def test_axe_finds_nothing(office, open_page, make, size):
    page = open_page(make(office) if make else office.origin, viewport=size)
    page.locator("footer").wait_for()
    expect(page.locator("body[data-state=checking]")).to_have_count(0)
    for tag in languages():
        page.locator(f"nav [lang={tag}]").click()
        assert faults(page) == []


def test_large_type_and_zoom_do_not_cut_the_page(office, open_page):
    page = open_page(revoked(office), "revoked", viewport={"width": 320, "height": 600})
    page.evaluate("document.documentElement.style.fontSize = '36px'")
    page.evaluate("document.fonts.ready")  # boxes stand for Telugu until then, and they are wider
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.nightly  # the pictures; what they show is asserted by test_states.py
@pytest.mark.parametrize("tag", languages())
@pytest.mark.parametrize("make", [valid, revoked, forged], ids=lambda make: make.__name__)
def test_pictures_of_the_page(office, open_page, tmp_path, tag, make):
    """`SEVA_SCREENSHOTS=docs/images` keeps them for the documentation."""
    folder = Path(os.environ.get("SEVA_SCREENSHOTS", tmp_path))
    page = open_page(make(office), make.__name__, locale=f"{tag}-IN", device_scale_factor=2)
    page.evaluate("document.fonts.ready")
    path = folder / f"verify-{make.__name__}-{tag}.png"
    page.screenshot(path=path)
    Image.open(path).convert("RGB").quantize(64, dither=Image.Dither.NONE).save(path, optimize=True)
    assert make is not revoked or page.get_by_text(REASON[tag]).is_visible()
