"""Makes docs/images/payments: the payment page in each language, as a phone shows it.

`python -m tests.payments.make_pictures URL_OF_THE_PAGE`, with `seva sandbox` running.
"""

from __future__ import annotations

import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

FOLDER = Path(__file__).parents[2] / "docs/images/payments"
PHONE = {"width": 400, "height": 860}


def settled(page: Page) -> None:
    """All fonts are there, and the page is laid out with them."""
    page.wait_for_load_state("networkidle")
    page.evaluate("document.fonts.ready.then(() => true)")
    page.wait_for_timeout(1000)  # chromium repaints in its own time


def main(url: str) -> None:
    """One picture per language while it can be paid, one once it is paid."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium")
        page = browser.new_page(viewport=PHONE)
        for language in ("te", "hi", "en"):
            page.goto(f"{url}?lang={language}")
            if language == "te":
                page.locator("summary").click()
            settled(page)
            page.screenshot(path=FOLDER / f"pay_{language}.png", full_page=True)
        page.goto(f"{url}?lang=te")
        page.locator("button").first.click()
        page.wait_for_selector("[role=status]")
        settled(page)
        page.screenshot(path=FOLDER / "paid_te.png", full_page=True)
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
