"""Writes the pictures of docs/images from a running `seva demo`: real conversations, real answers.

seva demo &
python docs/make_screenshots.py
"""

from __future__ import annotations

import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

CHAT, DOCS = "http://127.0.0.1:8785/", "http://127.0.0.1:8780/docs"
IMAGES = Path(__file__).parent / "images"
TALKS = {
    "te": ("919848012345", ["naa current bill kattali", "6123401005678", "<tap>", "ధన్యవాదాలు అండి"]),
    "hi": ("919000054321", ["मेरा बिजली का बिल भरना है", "६१२३४०१००५६७८", "<tap>", "शुक्रिया"]),
    "en": (
        "919885067890",
        [
            "hi",
            "Where is the Anna canteen in Vijayawada?",
            "I want to pay my property tax",
            "1020304050",
            "<tap>",
        ],
    ),
}


def _talk(page: Page, phone: str, turns: list[str]) -> None:
    page.evaluate("phone => localStorage.setItem('seva.phone', phone)", phone)
    page.reload()
    for turn in turns:
        theirs = page.locator(".theirs .text")
        before = theirs.count()
        if turn == "<tap>":
            page.locator(".theirs button:visible:enabled").nth(-2).click()
        else:
            page.locator("#composer textarea").fill(turn)
            page.locator("#composer textarea").press("Enter")
        until = time.monotonic() + 30
        while theirs.count() <= before and time.monotonic() < until:
            page.wait_for_timeout(100)
        page.wait_for_timeout(400)


def main() -> None:
    """Takes all pictures."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium",
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        for language, (phone, turns) in TALKS.items():
            page = browser.new_page(viewport={"width": 390, "height": 920}, device_scale_factor=2)
            page.goto(CHAT)
            _talk(page, phone, turns)
            page.evaluate("document.fonts.ready")
            page.screenshot(path=IMAGES / f"chat-{language}.png")
            page.close()
        page = browser.new_page(viewport={"width": 1200, "height": 1400})
        page.goto(DOCS)
        page.locator(".opblock-summary-control").first.click()
        page.wait_for_timeout(2500)
        page.screenshot(path=IMAGES / "api-docs.png")
        browser.close()


if __name__ == "__main__":
    main()
