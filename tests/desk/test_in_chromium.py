"""The desk in a real browser: a talk comes by itself, nothing typed is lost, axe finds nothing."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from actions.dialogue.steps import GRIEVANCE
from nlu.action_address import GENERAL
from tests.axe import faults
from tests.console.test_in_chromium import SIZES, chromium
from tests.desk.outbox import record
from tests.desk.town import PHONE, WANTS_A_PERSON, Town, town
from tests.notices.stage import until

__all__ = ["chromium", "town"]
pytestmark = pytest.mark.slow  # a browser and several servers


@pytest.fixture(scope="module")
def signed_in(town: Town) -> dict[str, str]:
    """The cookie of an officer of the help desk."""
    console = town.house.console
    person = town.officer("Lakshmi Devi", GENERAL, "energy")
    name = console.cookie
    address = console.settings.console_address
    return {"name": name, "value": person.browser.cookies[name], "url": address}


@pytest.fixture(scope="module")
def number(town: Town) -> str:
    """A request that waits."""
    town.say(WANTS_A_PERSON)
    return re.findall(r"\*(\d{6})\*", "\n".join(town.texts(2)))[0]


@pytest.fixture(scope="module")
def grievance(town: Town) -> str:
    """One that waits, with everything that a page shows of it."""
    told = record(
        service="electricity_supply_failure_complaint",
        values={"location": "కొలకలూరు", "reason": "x" * 80},
        why="no_action",
        kind=GRIEVANCE,
        reference="PGRS261100001",
        said="మీ అర్జీ PGRS261100001 ని ఏ పనీ చేయకుండానే క్లోజ్ చేశారు.\nరాసిన కారణం: our work is done",
    )
    return town.handovers.open("109:IN.9", told)


@pytest.fixture
def office(chromium: Browser, signed_in: dict[str, str]) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport=SIZES["office"], reduced_motion="reduce")
    context.add_cookies([signed_in])
    yield context
    context.close()


def look(page: Page, name: str) -> None:
    """Axe finds nothing, nothing sticks out; and a picture where somebody wants to see it."""
    if folder := os.environ.get("SEVA_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"desk-{name}.png", full_page=True)
    assert faults(page) == [], name
    wider = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
    assert wider <= 0, f"{name} is {wider} px wider than the window"


def test_a_talk(office: BrowserContext, town: Town, number: str) -> None:
    """Taken, read, answered by a choice and own words; the action server dies and returns."""
    address = town.house.console.settings.console_address
    page = office.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.goto(f"{address}/desk")
    page.get_by_role("link", name=number).click()
    page.get_by_role("button", name="Take it and talk").click()
    page.get_by_text("talks with the citizen. The automatic service is silent").wait_for()
    seen = len(town.stage.phone(PHONE, 3))

    # What the citizen writes stands there without a look, and is only text.
    town.say("నా కరెంటు బిల్లు తప్పుగా వచ్చింది, call me on 9848012345")
    page.get_by_text("నా కరెంటు బిల్లు").wait_for()
    talk = page.locator("#talk")
    assert "XXXXXX2345" in talk.inner_text()

    # A choice is put into the box, changed, and sent with the keyboard; the box is empty then.
    page.keyboard.press("a")
    box = page.locator("#say-text")
    page.get_by_role("button", name="Greeting").click()
    assert number in box.input_value()
    box.press("End")
    box.type(" One moment.")
    box.press("Control+Enter")
    page.locator("#talk .officer").wait_for()
    until(lambda: box.input_value() == "")
    assert page.evaluate("document.activeElement.id") == "say-text"
    assert town.texts(seen + 1)[-1].endswith("One moment.")
    look(page, "talk-office")
    town.say("<img src=x onerror=alert(1)>")
    page.get_by_text("onerror=alert(1)").wait_for()
    assert talk.locator("img").count() == 0

    # While the action server is gone the words stay, and it is said why.
    town.stage.kill_actions()
    box.type("please wait")
    box.press("Control+Enter")
    page.get_by_text("is away").wait_for()
    assert box.input_value() == "please wait"
    page.reload()
    page.get_by_text("is away").wait_for()
    town.stage.start_actions()
    page.reload()
    assert page.locator("#say-text").input_value() == "please wait"
    page.locator("#say-text").press("Control+Enter")
    assert town.texts(seen + 2)[-1] == "please wait"
    until(lambda: page.locator("#say-text").input_value() == "")
    assert problems == []


def test_a_request_is_readable_by_everybody(
    chromium: Browser, signed_in: dict[str, str], town: Town, number: str, grievance: str
) -> None:
    """Each size, language and scheme; by axe."""
    console = town.house.console
    address = console.settings.console_address
    officer = next(one for one in console.accounts.all() if one.name == "Lakshmi Devi")
    sizes = ("phone", "office")
    for language, scheme in product(console.pages.words.languages, ("light", "dark")):
        console.accounts.speak(officer.id, language)
        for size in sizes:
            context = chromium.new_context(
                viewport=SIZES[size], color_scheme=scheme, reduced_motion="reduce"
            )
            context.add_cookies([signed_in])
            page = context.new_page()
            for path, name in (
                ("/desk?state=mine", "list"),
                (f"/desk/{number}", "case"),
                ("/desk?kind=grievance", "grievances"),
                (f"/desk/{grievance}", "grievance"),
            ):
                page.goto(f"{address}{path}")
                look(page, f"{name}-{size}-{language}-{scheme}")
            context.close()
    console.accounts.speak(officer.id, "en")
