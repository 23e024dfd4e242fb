"""The review in a real browser, in each language of the pages: read and decided by keys alone."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from playwright.sync_api import Browser, Page, expect

from api.console.app import create_app
from api.console.areas import AREAS
from api.console.review.shelf import Shelf, shelf_of
from api.console.runtime import Console
from nlu.settings.settings import ConsoleSettings
from tests.console.conftest import Clock, House
from tests.console.test_in_chromium import SIZES, chromium, look
from tests.console.test_review import EVIL, come, few, read_once
from tests.processes import free_port
from tests.review.conftest import BILL, BUS, FIVE, PAY
from tests.served import served

__all__ = ["chromium", "few", "read_once"]
pytestmark = pytest.mark.slow
expect.set_options(timeout=30_000)  # the sentences of the model are read meanwhile
MORE = {
    "te": "కరెంటు బిల్లు ఎంత వచ్చిందో చెప్పండి",
    "te-Latn": "naa current bill entha vachindi cheppandi",
    "hi": "मेरा बिजली का बिल कितना आया बताइए",
    "hi-Latn": "mera bijli ka bill kitna aaya bataiye",
    "en": "tell me how much my power bill is",
}


@pytest.fixture
def running(
    few: None,
    read_once: None,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[House]:
    folder, port = tmp_path_factory.mktemp("console"), free_port()
    monkeypatch.setenv("SEVA_VAR_DIR", str(folder))
    monkeypatch.setenv("SEVA_CONSOLE_PORT", str(port))
    console = Console.open(ConsoleSettings.read(), AREAS)
    app = create_app(console)
    with served(app, port):
        yield House(console, Clock(), app, None)  # type: ignore[arg-type]


@pytest.fixture
def shelf(running: House) -> Iterator[Shelf]:
    found = shelf_of(running.console)
    yield found
    found.review.close()


def opened(chromium: Browser, house: House, size: str, scheme: str, language: str) -> Page:
    console = house.console
    try:
        account = house.console.accounts.all()[0]
        session = console.sessions.begin(account)
    except IndexError:
        person = house.person("Lakshmi Devi", "annotator", "editor")
        session = person.browser.cookies[console.cookie]
        account = house.console.accounts.all()[0]
    console.accounts.speak(account.id, language)
    context = chromium.new_context(
        viewport=SIZES[size], color_scheme=scheme, reduced_motion="reduce"
    )
    address = console.settings.console_address
    context.add_cookies([{"name": console.cookie, "value": session, "url": address}])
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.goto(f"{address}/review")
    return page


def filled(shelf: Shelf) -> None:
    for key, text in (*FIVE.items(), *MORE.items()):
        whole = len(text.split()[0])
        come(shelf, text, key, chosen=PAY, marks=((0, whole, "service_number"),))
    come(shelf, EVIL, "en", ranking=((BUS, 0.8), (BILL, 0.1), (PAY, 0.05)))


def test_every_language_light_and_dark(chromium: Browser, running: House, shelf: Shelf) -> None:
    filled(shelf)
    for size, scheme, language in product(SIZES, ("light", "dark"), ("en", "te", "hi")):
        page = opened(chromium, running, size, scheme, language)
        expect(page.locator("#words")).to_be_visible()
        page.locator("#card h3 + *").last.wait_for()
        page.wait_for_load_state("networkidle")
        look(page, f"review-{size}-{language}-{scheme}")
        if size == "office":
            for path in ("list", "disputed", "agreement"):
                page.goto(f"{running.console.settings.console_address}/review/{path}")
                look(page, f"review-{path}-{size}-{language}-{scheme}")
        page.context.close()


def test_eleven_cards_by_keys_alone(chromium: Browser, running: House, shelf: Shelf) -> None:
    """Ranked, searched in another script, out of scope, new, skipped, undone."""
    filled(shelf)
    page = opened(chromium, running, "office", "light", "en")
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))

    def pressed(*keys: str) -> None:
        """Presses keys and waits for the next card."""
        before = page.locator("#words").inner_text()
        for key in keys:
            page.keyboard.press(key)
        page.wait_for_function(
            "before => document.getElementById('words')?.innerText !== before", arg=before
        )

    pressed("1")
    pressed("2")
    pressed("o")
    page.keyboard.press("u")
    expect(page.locator("#told")).to_contain_text("2 done")
    pressed("o")
    page.keyboard.press("/")
    page.keyboard.insert_text("బస్సు")
    expect(page.locator("#found button").first).to_contain_text("Bus ticket")
    pressed("Enter")
    page.keyboard.press("n")
    page.keyboard.type("street light repair")
    pressed("Enter")
    while page.locator("#words").count():
        page.keyboard.press("3")
        page.wait_for_timeout(150)
    expect(page.locator("#card")).to_contain_text("Nothing to read")
    decided = [one.decision.label for _, one in shelf.review.finished(most=50)]
    assert decided.count("out_of_scope") == 1 and decided.count(BUS) >= 2
    assert [
        one.decision.name for _, one in shelf.review.finished(most=50) if one.decision.name
    ] == ["street light repair"]
    assert problems == []


def test_what_is_typed_at_once_is_searched(chromium: Browser, running: House, shelf: Shelf) -> None:
    """A card comes and a fast reader writes in the same moment."""
    filled(shelf)
    page = opened(chromium, running, "office", "light", "te")
    page.evaluate("""() => document.body.addEventListener("htmx:afterSwap", (event) => {
        if (event.detail.target.id !== "review") return;
        setTimeout(() => {
            const find = document.getElementById("find");
            find.value = "బస్సు";
            find.dispatchEvent(new Event("input", { bubbles: true }));
        }, 0);
    })""")
    page.keyboard.press("o")
    expect(page.locator("#found button").first).to_contain_text("బస్సు టికెట్")
