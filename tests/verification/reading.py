"""What stands on the page, against words.yml."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from playwright.sync_api import Page, expect

from actions.documents.site.page import page_data


@lru_cache(maxsize=1)
def data() -> Any:
    return json.loads(json.dumps(page_data()))


def languages() -> list[str]:
    return [language["tag"] for language in data()["languages"]]


def expect_words_in_every_language(page: Page, state: str) -> None:
    """Title, first sentence and checks of the state, after each tap on a language."""
    words = data()["words"]
    for tag in languages():
        page.locator(f"nav [lang={tag}]").click()
        expect(page.locator("html")).to_have_attribute("lang", tag)
        expect(page.locator(".band h1")).to_have_text(words["states"][state]["title"][tag])
        start = words["states"][state]["text"][tag].partition("{")[0]
        expect(page.locator(".band p")).to_contain_text(start)
        shown = page.locator(".band p").inner_text()
        assert "{" not in shown and "undefined" not in shown and " -" not in shown, shown
        for name, texts in words["checks"].items():
            row = page.locator(f"[data-check={name}]")
            result = row.get_attribute("data-result")
            expect(row.locator(".why")).to_have_text(texts[result][tag])
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def results(page: Page) -> dict[str, str]:
    """Each check and what came of it."""
    rows = page.locator("[data-check]").all()
    return {row.get_attribute("data-check"): row.get_attribute("data-result") for row in rows}
