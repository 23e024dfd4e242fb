"""The catalogue's pages in a real browser: axe finds nothing, an edit is made by keys alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from api.console.app import create_app
from api.console.areas import AREAS
from api.console.catalogue.shelf import room_of
from api.console.roles import roles
from api.console.runtime import Console
from nlu.changes.edits import AddSentence, ChangeSentence
from nlu.changes.proposal import Author
from nlu.settings.settings import ConsoleSettings
from tests.console.conftest import Clock, House
from tests.console.test_catalogue import AT, FILE, OK, TE, source
from tests.console.test_in_chromium import SIZES, chromium, look
from tests.processes import free_port
from tests.served import served

pytestmark = pytest.mark.slow
__all__ = ["chromium", "source"]
NEW = AddSentence("utterances", "te", "కొత్త వాక్యం ఇదిగో")


@pytest.fixture(scope="module")
def running(source: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A console that listens, over a catalogue that it has read."""
    folder, port = tmp_path_factory.mktemp("console"), free_port()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "SEVA_VAR_DIR": folder / "var",
            "SEVA_DATA_DIR": source,
            "SEVA_MODELS_DIR": folder / "models",
            "SEVA_CONSOLE_PORT": port,
        }.items():
            patch.setenv(name, str(value))
        console = Console.open(ConsoleSettings.read(), AREAS)
        room_of(console).wait()
        app = create_app(console)
        with served(app, port):
            yield House(console, Clock(), app, None)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def proposal(running: House) -> str:
    """One that waits."""
    workshop = room_of(running.console).workshop
    _, version = workshop.content(FILE)
    tried = workshop.attempt(FILE, version, [NEW])
    return workshop.keep(tried, [NEW], Author("Latha", "latha@x"), "said at the counter").id


@pytest.fixture(scope="module")
def cookie(running: House) -> dict[str, str]:
    person = running.person("Lakshmi Devi", *roles(), departments=("energy",))
    name = running.console.cookie
    address = running.console.settings.console_address
    return {"name": name, "value": person.browser.cookies[name], "url": address}


def visit(
    chromium: Browser, running: House, cookie: dict[str, str], size: str, language: str, scheme: str
) -> Page:
    """A browser of that size, language and scheme, signed in."""
    context = chromium.new_context(
        viewport=SIZES[size], color_scheme=scheme, reduced_motion="reduce"
    )
    context.add_cookies([cookie])
    account = next(a for a in running.console.accounts.all() if a.name == "Lakshmi Devi")
    running.console.accounts.speak(account.id, language)
    return context.new_page()


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("language", ["en", "te", "hi"])
def test_every_page_of_the_catalogue(
    chromium: Browser,
    running: House,
    cookie: dict[str, str],
    proposal: str,
    size: str,
    language: str,
) -> None:
    """With what was tried, with problems, with a conflict; light and dark."""
    console = running.console.settings.console_address
    for scheme in ("light", "dark"):
        page = visit(chromium, running, cookie, size, language, scheme)
        for name, path in {
            "services": "/catalogue",
            "service": f"{AT}?proposal={proposal}",
            "whatsapp": f"{AT}/whatsapp/menu",
            "sentences": TE,
            "words": OK,
            "fact": f"{AT}/words/facts.fee",
            "talk": "/catalogue/talk",
            "intent": "/catalogue/talk/small_talk.emoji",
            "part": f"/catalogue/talk/out_of_scope.abuse?proposal={proposal}",
            "talk-sentences": "/catalogue/talk/greet/sentences/utterances/hi",
            "changes": "/catalogue/changes",
            "change": f"/catalogue/changes/{proposal}",
        }.items():
            page.goto(f"{console}{path}")
            look(page, f"catalogue-{name}-{size}-{language}-{scheme}")
        page.goto(f"{console}{TE}")
        page.locator("[name='text.0']").fill("only English")
        page.locator("[name='new.0']").fill("మరో కొత్త వాక్యం")
        page.locator("button[value=try]").click()
        page.locator(".diff ins").first.wait_for()
        look(page, f"catalogue-problems-{size}-{language}-{scheme}")
        page.context.close()


def test_an_edit_is_kept_by_keys_alone(
    chromium: Browser, running: House, cookie: dict[str, str]
) -> None:
    """Search, open, write, see the diff, say why, keep; a second editor meets the conflict."""
    console = running.console.settings.console_address
    page = visit(chromium, running, cookie, "office", "en", "light")
    page.goto(f"{console}/catalogue")
    page.get_by_label("Search").focus()
    page.keyboard.type("bijli ka bill")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="See your electricity bill").press("Enter")
    page.get_by_role("link", name="Change: replies.ok").press("Enter")
    english = page.get_by_role("textbox", name="English")
    english.focus()
    page.keyboard.press("Control+End")
    page.keyboard.type(" Thank you.")
    page.locator(".bubble", has_text="Thank you.").wait_for()
    page.get_by_role("button", name="Show what changes").press("Enter")
    page.locator("ins", has_text="Thank you.").wait_for()
    page.get_by_label("Why this change").focus()
    page.keyboard.type("more polite")
    page.get_by_role("button", name="Keep the change").press("Enter")
    page.get_by_role("heading", name="more polite").wait_for()
    assert page.get_by_role("status").first.inner_text() == "The change is kept."
    proposal = page.url.rpartition("/")[2]
    with page.expect_download() as got:
        page.get_by_role("link", name="Download the patch").press("Enter")
    patch = Path(got.value.path()).read_text("utf-8")
    assert "+    en: " in patch and "Thank you." in patch
    page.goto(f"{console}{TE}?proposal={proposal}")
    workshop = room_of(running.console).workshop
    was = page.locator("[name='text.0']").input_value()
    _, version = workshop.content(FILE, proposal)
    edits = [ChangeSentence("utterances", "te", 0, was, "ఇంకొకరి వాక్యం ఇది")]
    tried = workshop.attempt(FILE, version, edits, proposal)
    workshop.keep(tried, edits, Author("Ravi", "ravi@x"), "first", proposal)
    page.locator("[name='text.0']").fill("నా వాక్యం ఇది")
    page.get_by_role("button", name="Show what changes").press("Enter")
    page.get_by_role("heading", name="Somebody else has changed").wait_for()
    look(page, "catalogue-conflict-office-en-light")
    assert page.locator(".clash").inner_text().count("వాక్యం") == 2
