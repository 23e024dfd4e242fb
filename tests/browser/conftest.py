"""Chromium, the simulator and the little bot: real HTTP between all three."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from api.demo.simulator.server import create_app
from nlu.settings.settings import Settings
from tests.browser.little_bot import LittleBot
from tests.processes import free_port
from tests.served import served

ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
]
PHONE_SIZE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")  # Playwright's event loop would block asyncio in later modules
def chromium() -> Iterator[Browser]:
    path = os.environ.get("SEVA_TEST_CHROMIUM") or shutil.which("chromium")
    if path is None:
        pytest.fail("chromium is missing: run `make setup system`, or set SEVA_TEST_CHROMIUM")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def stage() -> Iterator[SimpleNamespace]:
    port, bot_port = free_port(), free_port()
    settings = Settings(
        simulator_port=port, serve_port=bot_port, simulator_console_url="http://127.0.0.1:8792"
    )
    bot = LittleBot(settings)
    simulator = ExitStack()

    def start() -> str:
        return simulator.enter_context(served(create_app(settings), port))

    with served(bot.app, bot_port), simulator:
        yield SimpleNamespace(url=start(), bot=bot, start=start, stop=simulator.close)


@pytest.fixture
def open_page(chromium: Browser, stage: SimpleNamespace):
    """Opens the chat page; any error on its console fails the test."""
    contexts = []
    problems: list[str] = []

    def open_page(*, size: dict[str, int] = PHONE_SIZE, scheme: str = "light", **more) -> Page:
        context = chromium.new_context(
            viewport=size,
            color_scheme=scheme,
            device_scale_factor=2,
            permissions=["microphone", "geolocation"],
            geolocation={"latitude": 16.5062, "longitude": 80.648},
            timezone_id="Asia/Kolkata",
            reduced_motion="reduce",
            **more,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on(
            "console",
            lambda line: problems.append(line.text) if line.type == "error" else None,
        )
        page.goto(stage.url)
        page.locator("body[data-ready]").wait_for()
        return page

    open_page.problems = problems
    yield open_page
    for context in contexts:
        context.close()
    assert problems == []
