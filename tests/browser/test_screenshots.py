"""Pictures of conversations for the documentation; `SEVA_SCREENSHOTS=docs/images` writes them."""

from __future__ import annotations

import os
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.test_chat_page import bubbles, choose_phone, make_sound, say

TALKS = {
    "te": ("919848012345", "నా కరెంటు బిల్లు ఎంత?", "6123401005678", "అవును, చెల్లిస్తా", "మీ బిల్లు"),
    "hi": ("919000054321", "मेरा बिजली का बिल भरना है", "6123401005678", "हाँ, भुगतान करें", "आपका बिल"),
    "en": (
        "919885067890",
        "I want to pay my property tax",
        "1020304050",
        "Yes, pay now",
        "Demand notice",
    ),
}


@pytest.mark.parametrize("language", TALKS)
def test_a_conversation_fits_the_phone(open_page, tmp_path, language):
    phone, question, number, button, end = TALKS[language]
    page = open_page(size={"width": 390, "height": 1010})
    page.evaluate("phone => localStorage.setItem('seva.phone', phone)", phone)
    page.reload()
    say(page, question)
    expect(page.locator(".theirs .text")).to_have_count(1)
    say(page, number)
    page.get_by_role("button", name=button).click()
    expect(bubbles(page, end)).to_be_visible()
    expect(page.locator(".ticks").last).to_have_attribute("data-state", "read")
    folder = Path(os.environ.get("SEVA_SCREENSHOTS", tmp_path))
    page.evaluate("document.fonts.ready")
    page.screenshot(path=folder / f"chat-{language}.png")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_list_on_the_desktop(open_page, tmp_path, scheme):
    page = open_page(size={"width": 1360, "height": 900}, scheme=scheme)
    choose_phone(page, "919848012345")
    say(page, "నమస్తే")
    expect(bubbles(page, "నేను సేవ")).to_be_visible()
    say(page, "మెనూ")
    page.get_by_role("button", name="శాఖలు చూడండి").click()
    page.locator(".sheet").get_by_role("radio").nth(1).check()
    folder = Path(os.environ.get("SEVA_SCREENSHOTS", tmp_path))
    page.screenshot(path=folder / f"chat-list-{scheme}.png")


def test_voice_typing_and_files_on_a_dark_desktop(open_page, stage, tmp_path):
    page = open_page(size={"width": 1360, "height": 900}, scheme="dark")
    sound = make_sound()
    form = {"citizen": "919848012345", "type": "audio"}
    files = {"file": ("note.ogg", sound.read_bytes(), "audio/ogg; codecs=opus")}
    httpx.post(f"{stage.url}/__inbound", data=form, files=files)
    page.get_by_role("button", name="అవును").wait_for()
    say(page, "నా కరెంటు బిల్లు ఎంత?")
    expect(page.locator(".typing-row")).to_be_visible()
    expect(page.locator(".typing-row")).to_have_count(0)
    say(page, "6123401005678")
    page.get_by_role("button", name="అవును, చెల్లిస్తా").click()
    expect(bubbles(page, "మీ బిల్లు")).to_be_visible()
    expect(page.locator(".ticks").last).to_have_attribute("data-state", "read")
    box = page.locator("#thread").evaluate("n => n.scrollHeight - n.scrollTop - n.clientHeight")
    assert box < 2, "the newest message is in sight"
    folder = Path(os.environ.get("SEVA_SCREENSHOTS", tmp_path))
    page.screenshot(path=folder / "chat-desktop-dark.png")
