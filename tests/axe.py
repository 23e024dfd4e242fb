"""axe-core on a page in Chromium: what keeps somebody from using it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Page

AXE = Path(__file__).parent / "verification" / "vendor" / "axe.min.js"


def faults(page: Page) -> list[tuple[str, str]]:
    """Rules that the page breaks now, by all that axe knows, each with its first element."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run().then((report) => report.violations)")
    return [(fault["id"], fault["nodes"][0]["html"]) for fault in found]
