"""Every page of the console in a real browser: axe finds nothing, nothing is blocked or broken."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright
from starlette.routing import Route

from api.console.app import create_app
from api.console.areas import AREAS
from api.console.catalogue.shelf import room_of
from api.console.roles import roles
from api.console.runtime import Console
from nlu.settings.settings import ConsoleSettings
from tests.axe import faults
from tests.browser.conftest import ARGS
from tests.console.conftest import Clock, House
from tests.processes import free_port
from tests.served import served

SIZES = {
    "phone": {"width": 390, "height": 844},
    "office": {"width": 1366, "height": 768},
    "wide": {"width": 1920, "height": 1080},
}
PATHS = sorted(
    {
        route.path
        for area in AREAS
        for route in area.routes
        if isinstance(route, Route) and "GET" in (route.methods or ()) and "{" not in route.path
    }
)
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("SEVA_TEST_CHROMIUM") or shutil.which("chromium")
    assert path, "chromium is missing: run `make setup system`, or set SEVA_TEST_CHROMIUM"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A console that listens, with somebody who may do everything."""
    folder, port = tmp_path_factory.mktemp("console"), free_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEVA_VAR_DIR", str(folder))
        patch.setenv("SEVA_CONSOLE_PORT", str(port))
        console = Console.open(ConsoleSettings.read(), AREAS)
        app = create_app(console)
        room_of(console).wait()
        with served(app, port):
            yield House(console, Clock(), app, None)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def cookie(running: House) -> dict[str, str]:
    person = running.person("Lakshmi Devi", *roles(), departments=("energy",))
    for number in range(3):
        running.console.audit.keep("Ravi", "model.promote", {"model": f"b4a{number}"})
    name = running.console.cookie
    return {
        "name": name,
        "value": person.browser.cookies[name],
        "url": running.console.settings.console_address,
    }


def look(page: Page, name: str) -> None:
    """Axe finds nothing, nothing sticks out, no column is so narrow that its rows fill the window;
    and a picture where somebody wants to see it."""
    if folder := os.environ.get("SEVA_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"console-{name}.png", full_page=True)
    assert faults(page) == [], name
    wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wider <= 0, f"{name} is {wider} px wider than the window"
    highest = page.evaluate(
        "Math.max(0, ...[...document.querySelectorAll('tr')].map(row => row.offsetHeight))"
        " / window.innerHeight"
    )
    assert highest < 0.5, f"{name} has a row that is {highest:.0%} of the window's height"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", [*PATHS, "/nowhere"])
def test_every_page(
    chromium: Browser, running: House, cookie: dict[str, str], path: str, size: str
) -> None:
    console = running.console
    for language, scheme in product(console.pages.words.languages, ("light", "dark")):
        context = chromium.new_context(
            viewport=SIZES[size], color_scheme=scheme, reduced_motion="reduce"
        )
        if path != "/sign-in":
            context.add_cookies([cookie])
        address = console.settings.console_address
        context.add_cookies([{"name": "seva_language", "value": language, "url": address}])
        (account,) = console.accounts.all()
        console.accounts.speak(account.id, language)
        page = context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error, told=problems: told.append(str(error)))
        page.on("console", lambda line, told=problems: told.append(f"{line.type}: {line.text}"))
        answer = page.goto(f"{address}{path}")
        assert answer is not None and answer.status in (200, 404, 503)
        assert page.locator("html").get_attribute("lang") == language
        name = path.strip("/").replace("/", "-") or "first"
        look(page, f"{name}-{size}-{language}-{scheme}")
        told = [one for one in problems if "status of 40" not in one and "status of 50" not in one]
        assert told == []
        context.close()


def test_an_account_is_made_and_left_by_keys_alone(chromium: Browser, running: House) -> None:
    import pyotp

    console = running.console
    token = console.accounts.invite("Ravi Kumar", ["auditor"], [], 1)
    page = chromium.new_context(viewport=SIZES["phone"]).new_page()
    page.goto(f"{console.settings.console_address}/invitation/{token}")
    look(page, "invitation-phone-en-light")
    secret = page.locator("code").inner_text()
    page.get_by_label("Code from your telephone").press_sequentially(pyotp.TOTP(secret).now())
    page.keyboard.press("Tab")
    page.keyboard.type("a long enough sentence")
    page.keyboard.press("Tab")
    page.keyboard.type("a long enough sentence")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Welcome, Ravi Kumar").wait_for()
    page.keyboard.press("?")
    page.get_by_role("heading", name="Keyboard shortcuts").wait_for()
    look(page, "shortcuts-phone-en-light")
    page.keyboard.press("Escape")
    page.keyboard.press("Alt+2")  # behind the reports
    page.get_by_role("heading", name="What was done").wait_for()
    page.get_by_role("button", name="Sign out").press("Enter")
    page.get_by_role("heading", name="Sign in").wait_for()
