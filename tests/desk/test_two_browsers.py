"""The desk as it is in a town: a citizen's chat in one browser, officers in another, and between
them everything that `seva demo` runs, with the live model."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from rich.console import Console

from actions.desk.words import desk_words
from api.console.process import open_accounts
from api.demo.demo import Demo
from api.demo.progress import StartProgress
from nlu.action_address import GENERAL
from nlu.settings.settings import Settings
from tests.browser.conftest import ARGS, PHONE_SIZE
from tests.console.test_in_chromium import SIZES
from tests.notices.stage import until
from tests.processes import free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.may_take(900, "starts everything and two browsers"),
]
AADHAAR, MOBILE = "499118665246", "9885098850"
ASKS = "నా ఆధార్ 4991 1866 5246, ఫోన్ 98850 98850. నాకు ఒక మనిషితో మాట్లాడాలి"
PROBLEM = "మా వీధి ట్రాన్స్‌ఫార్మర్ కాలిపోయింది, ఆధార్ 499118665246, ఫోన్ 9885098850"
VILLAGE = "<b>కొలకలూరు</b>, పాత బస్టాండు దగ్గర"
HELLO, SENT_ON = "నమస్కారం, మీ సమస్య ఏంటి?", "లైన్‌మన్ రేపు ఉదయం వస్తారు"
NOTE = "ట్రాన్స్‌ఫార్మర్ సమస్య, మీ శాఖది"
_WAIT = 60_000
_PORTS = (
    *("SERVE", "INTERNAL", "WORKER_METRICS", "SIMULATOR", "ACTIONS_METRICS", "CALLBACKS"),
    *("SANDBOX", "DOCUMENTS", "CONSOLE"),
)
_SAID = desk_words()
_PASSWORD = "a long enough sentence"


def told(phrase: str, **fields: str) -> str:
    """What the citizen reads of a phrase, as the page shows it: without the stars."""
    return _SAID.say(phrase, "te", fields).replace("*", "")


@dataclass
class Officer:
    """Somebody before the console, and all of it that they ever got to see."""

    page: Page
    address: str
    seen: list[str] = field(default_factory=list)

    def look(self) -> str:
        """What is on the page now."""
        self.seen.append(self.page.content())
        return self.seen[-1]

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")
        self.look()

    def asks(self, path: str) -> int:
        """The status of a page, for the cookie of this officer."""
        answer = self.page.context.request.get(f"{self.address}{path}")
        self.seen.append(answer.text())
        return answer.status

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()
        self.page.wait_for_load_state()
        self.look()

    def write(self, words: str) -> None:
        box = self.page.locator("#say-text")
        box.fill(words)
        box.press("Control+Enter")
        expect(self.page.locator("#talk .officer .words", has_text=words)).to_be_visible()
        expect(box).to_have_value("")

    def reads(self, words: str) -> None:
        """The citizen's words come by themselves."""
        expect(self.page.locator("#talk .citizen .words", has_text=words)).to_be_visible()
        self.look()


@dataclass
class Phone:
    """The citizen's chat page."""

    page: Page

    def write(self, words: str) -> None:
        self.page.locator("#composer textarea").fill(words)
        self.page.locator("#composer textarea").press("Enter")
        expect(self.page.locator(".mine .bubble", has_text=words)).to_be_visible()

    def reads(self, words: str) -> None:
        lines = re.compile(r"\s+".join(re.escape(word) for word in words.split()))
        expect(self.page.locator(".theirs .bubble", has_text=lines).last).to_be_visible()

    @property
    def heard(self) -> int:
        """Messages of Seva so far."""
        return self.page.locator(".theirs .bubble").count()


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in _PORTS:
        monkeypatch.setenv(f"SEVA_{name}_PORT", str(free_port()))
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path / "var"))
    return Settings.read()


@pytest.fixture
def demo(settings: Settings) -> Iterator[Demo]:
    """Every process, as `seva demo` starts them."""
    console = Console(stderr=True)
    demo = Demo(settings, console, settings.var_dir / "logs")
    try:
        with StartProgress(console, len(demo.parts_of()) + 1) as progress:
            demo.start(progress)
        yield demo
    finally:
        demo.stop()


@pytest.fixture
def browsers() -> Iterator[tuple[Browser, Browser]]:
    path = os.environ.get("SEVA_TEST_CHROMIUM") or shutil.which("chromium")
    assert path, "chromium is missing: run `make setup system`, or set SEVA_TEST_CHROMIUM"
    expect.set_options(timeout=_WAIT)
    with sync_playwright() as playwright:
        first, second = (
            playwright.chromium.launch(executable_path=path, args=ARGS) for _ in range(2)
        )
        yield first, second
        first.close()
        second.close()
    expect.set_options(timeout=5_000)


@pytest.fixture
def phone(browsers: tuple[Browser, Browser], demo: Demo) -> Phone:
    page = browsers[0].new_context(viewport=PHONE_SIZE, reduced_motion="reduce").new_page()
    page.set_default_timeout(_WAIT)
    page.goto(f"http://{demo.settings.simulator_host}:{demo.settings.simulator_port}/")
    page.locator("body[data-ready]").wait_for()
    return Phone(page)


def officer(browser: Browser, demo: Demo, name: str, department: str) -> Officer:
    """Comes in by an invitation, as `seva console invite` prints it."""
    accounts, address = open_accounts(demo.settings), demo.settings.console_address
    token = accounts.invite(name, ["officer"], [department], 1)
    context = browser.new_context(viewport=SIZES["office"], reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(_WAIT)
    page.goto(f"{address}/invitation/{token}")
    page.locator("#code").fill(pyotp.TOTP(page.locator("code").inner_text()).now())
    page.locator("#password").fill(_PASSWORD)
    page.locator("#again").fill(_PASSWORD)
    page.locator("#again").press("Enter")
    page.get_by_role("heading", name=f"Welcome, {name}").wait_for()
    return Officer(page, address)


def test_claimed_talked_transferred_closed_and_rated(
    browsers: tuple[Browser, Browser], demo: Demo, phone: Phone
) -> None:
    """The whole life of a request. No officer ever gets a telephone or Aadhaar number whole."""
    padma = officer(browsers[1], demo, "Padma", GENERAL)
    ravi = officer(browsers[1], demo, "Ravi", "energy")

    # The citizen asks for a person, and waits.
    padma.open("/desk")
    phone.write(ASKS)
    waiting = phone.page.locator(".theirs .bubble strong", has_text=re.compile(r"^\d{6}$"))
    number = waiting.first.inner_text()
    at = f"/desk/{number}"
    padma.page.get_by_role("link", name=number).click()  # it comes into the list by itself
    padma.page.get_by_role("heading", name=number).wait_for()
    padma.look()
    assert ravi.asks(at) == 404

    # Claimed: the citizen is told, and the bot is silent.
    padma.press("Take it and talk with the citizen")
    phone.reads(told("taken_over", department=_SAID.general["te"]))
    before = phone.heard
    padma.write(HELLO)
    phone.reads(HELLO)
    phone.write(PROBLEM)
    padma.reads("మా వీధి ట్రాన్స్‌ఫార్మర్ కాలిపోయింది")
    talk = padma.page.locator("#talk .citizen .words").last.inner_text()
    assert AADHAAR[-4:] in talk and MOBILE[-4:] in talk
    padma.write("ఒక్క నిమిషం")
    phone.reads("ఒక్క నిమిషం")
    assert phone.heard == before + 2, "the bot says nothing of its own"

    # Passed on: who had it sees it no more, and the citizen reads where it is.
    padma.page.get_by_label("To the department").select_option("energy")
    padma.page.get_by_label("Note for them").fill(NOTE)
    padma.press("Pass it on")
    energy = ravi.page.context.request.get(f"{ravi.address}/desk")
    assert number in energy.text() and padma.asks(at) == 404
    assert padma.asks(f"{at}/talk?since=0") == 404
    title = phone_title(demo, "energy")
    phone.reads(told("moved", number=number, department=title))

    # The other department goes on, in a talk that it reads from its beginning.
    ravi.open(at)
    ravi.press("Take it and talk with the citizen")
    expect(ravi.page.locator("#talk .note", has_text=NOTE)).to_be_visible()
    phone.reads(told("taken_over", department=title))
    phone.write(VILLAGE)
    ravi.reads(VILLAGE)
    assert ravi.page.locator("#talk .words b").count() == 0
    ravi.write(SENT_ON)
    phone.reads(SENT_ON)

    # Closed with a reason; the citizen rates by a tap, and the officers read how it was.
    ravi.page.get_by_label("Reason").select_option("answered")
    ravi.press("Close the request")
    phone.reads(_SAID.say("rate", "te"))
    good = _SAID.ratings[0]
    phone.page.get_by_role("button", name=good.title["te"]).click()
    phone.reads(told("rated"))
    until(lambda: "good" in ravi.page.context.request.get(f"{ravi.address}{at}").text())
    ravi.open("/desk?state=closed")
    row = ravi.page.get_by_role("row", name=number)
    expect(row).to_contain_text("Question answered")
    expect(row).to_contain_text("good")

    # What all officers were ever shown, and what they could have asked for.
    for path in ("/desk?state=closed", at, f"{at}/talk?since=0"):
        assert ravi.asks(path) == 200
    own = phone.page.locator("[data-phone]").first.get_attribute("data-phone") or ""
    everything = "".join("".join([*padma.seen, *ravi.seen]).split())
    assert len(own) == 12
    for secret in (AADHAAR, MOBILE, own[2:]):
        assert secret not in everything
    for log in demo.logs.glob("*.log"):
        text = log.read_text("utf-8", "replace")
        assert "Traceback" not in text and AADHAAR not in text and MOBILE not in text, log.name


def phone_title(demo: Demo, department: str) -> str:
    """What a department is called for the citizen."""
    from nlu.catalogue import shared_catalogue

    return shared_catalogue(demo.settings.data_dir).departments[department].title["te"]
