"""Chromium, and an office with its page on a free port."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, expect, sync_playwright

from tests.processes import free_port
from tests.served import served
from tests.verification.office import Office

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE_MS = 90_000  # for a busy machine
PHONE_SIZE = {"width": 360, "height": 740}


def launch(playwright: Playwright, *more: str) -> Browser:
    path = os.environ.get("SEVA_TEST_CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.fail("chromium is missing: run `make setup system`, or set SEVA_TEST_CHROMIUM")
    return playwright.chromium.launch(executable_path=path, args=[*ARGS, *more])


@pytest.fixture(scope="module")  # Playwright's event loop would block asyncio in later modules
def playwright() -> Iterator[Playwright]:
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        yield playwright
    expect.set_options(timeout=None)


@pytest.fixture(scope="module")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = launch(playwright)
    yield browser
    browser.close()


@pytest.fixture
def office(tmp_path) -> Iterator[Office]:
    port = free_port()
    office = Office(tmp_path / "log", f"http://127.0.0.1:{port}")
    for _ in range(3):  # neighbours in the log
        office.issue()
    with served(office.app(), port):
        yield office


@pytest.fixture
def open_page(chromium: Browser):
    """Opens an address on a phone; an error of the page or of its policy fails the test."""
    contexts, problems = [], []

    def open_page(
        url: str, state: str | None = None, *, locale: str = "te-IN", before: str = "", **more
    ) -> Page:
        context = chromium.new_context(**{"viewport": PHONE_SIZE, "locale": locale, **more})
        contexts.append(context)
        if before:
            context.add_init_script(before)
        page = context.new_page()
        watch(page, problems)
        page.goto(url)
        if state is not None:
            expect_state(page, state)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def watch(page: Page, problems: list[str]) -> None:
    page.set_default_timeout(PATIENCE_MS)
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on(
        "console",
        lambda line: problems.append(line.text) if "Content Security Policy" in line.text else None,
    )


def expect_state(page: Page, state: str) -> None:
    """Waits until the page says so."""
    expect(page.locator("body")).to_have_attribute("data-state", state)
