"""The chat page by axe-core's rules: in its languages, light and dark, on a phone and a desk."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.axe import faults
from tests.browser.conftest import PHONE_SIZE
from tests.browser.test_chat_page import DESKTOP, say

LANGUAGES = {"te": "తెలుగు", "hi": "हिन्दी", "en": "English"}


def speak(page: Page, language: str) -> None:
    """The language switch; on a phone it is in the drawer."""
    page.get_by_role("radio", name=LANGUAGES[language]).click()
    expect(page.locator("html")).to_have_attribute("lang", language)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [PHONE_SIZE, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_nothing(open_page, size, scheme):
    page = open_page(size=size, scheme=scheme)
    assert faults(page) == [], "the empty chat"
    say(page, "నమస్తే")
    expect(page.locator(".theirs .bubble")).to_be_visible()
    say(page, "6123401005678")
    page.get_by_role("button", name="అవును, చెల్లిస్తా").click()
    expect(page.locator("a.document")).to_be_visible()
    say(page, "మెనూ")
    opener = page.get_by_role("button", name="శాఖలు చూడండి")
    expect(opener).to_be_visible()
    assert faults(page) == [], "a conversation"
    opener.click()
    assert faults(page) == [], "a list"
    page.keyboard.press("Escape")
    page.locator(".round.attach").click()
    assert faults(page) == [], "attachments"
    page.get_by_role("button", name="స్టిక్కర్").click()
    assert faults(page) == [], "stickers"
    page.keyboard.press("Escape")
    page.get_by_role("button", name="స్పందించు").last.press("Enter")
    assert faults(page) == [], "reactions"
    page.keyboard.press("Escape")
    if size is PHONE_SIZE:
        page.locator(".bar .menu").click()
    for language in LANGUAGES:
        speak(page, language)
        assert faults(page) == [], language


def test_the_drawer_keeps_the_focus_and_closes_by_key(open_page):
    """Also after the language was changed, which draws it anew."""
    page = open_page()
    page.locator(".bar .menu").click()
    page.get_by_role("radio", name="English").press("Enter")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.get_by_role("radio", name="English")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".desk.open")).to_have_count(0)
    expect(page.locator(".bar .menu")).to_be_focused()
