"""The pages about models in a real browser: axe finds nothing, a training is watched as it runs."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import product
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from api.console.app import create_app
from api.console.areas import AREAS
from api.console.models import jobs as pages
from api.console.models.candidate import Books, books_of
from api.console.runtime import Console
from nlu import canary, registry
from nlu.lineage import change
from nlu.settings.settings import ConsoleSettings
from nlu.training.answers import Answered
from nlu.training.gate import judge
from nlu.training.job import Jobs
from nlu.training.metrics import Labelled, score
from tests.answered_models import CANDIDATE, KEYS, LIVE, PAY, VIEW, answer, answered_pair, refusal
from tests.browser.conftest import ARGS
from tests.console.conftest import Clock, House
from tests.console.test_canary import counted
from tests.console.test_in_chromium import SIZES, look
from tests.console.test_models import KNOWN, WAITS, held_back
from tests.console.test_shadow import count
from tests.processes import free_port
from tests.served import served

PATHS = {
    "list": "/models",
    "live": f"/models/{LIVE}",
    "candidate": f"/models/{CANDIDATE}",
    "compare": f"/models/compare?a={LIVE}&b={CANDIDATE}",
    "promote": f"/models/{CANDIDATE}/promote",
    "shadow": f"/models/{CANDIDATE}/shadow",
    "rollback": "/models/rollback",
    "canary": "/models/canary",
    "canary-form": f"/models/{CANDIDATE}/canary",
}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = os.environ.get("SEVA_TEST_CHROMIUM") or shutil.which("chromium")
    assert path, "chromium is missing: run `make setup system`, or set SEVA_TEST_CHROMIUM"
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield opened
        opened.close()


def with_scores(folder: Path, name: str, reason: str) -> None:
    """A manifest as a training writes it."""
    rows, told = [], []
    for key, service, right in [
        (k, s, n > 2) for k in KEYS for s in (VIEW, PAY) for n in range(20)
    ]:
        rows.append(Labelled("a", key, service))
        top = service if right else VIEW if service == PAY else PAY
        told.append(
            {
                "intent_ranking": [{"name": top, "confidence": 0.9 if right else 0.6}],
                "decision": {"kind": "route", "options": [{"service": top}]},
                "entities": [],
            }
        )
    metrics = score(rows, told, conversation=frozenset(), services=frozenset({VIEW, PAY}))
    lineage = {"author": "Ravi Kumar", "reason": reason, "commit": "0b5cad14683a+"}
    made = registry.read(folder / name)
    registry.write(folder / name, replace(made, metrics=metrics, lineage=lineage))


def on_trial(books: Books) -> None:
    """The candidate understands live messages, and differs now and then."""
    assert books.candidates.start(CANDIDATE, LIVE, "Lakshmi Devi", "కొత్త వాక్యాలు")
    same, other = f"route:{VIEW}", f"route:{PAY}"
    for key in KEYS:
        count(books, key, same, same, 90)
        count(books, key, same, other, 6)
        count(books, key, "clarify", "out_of_scope", 1)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A console that listens, beside two models of which the second lost and won messages."""
    folder, port = tmp_path_factory.mktemp("console"), free_port()
    with pytest.MonkeyPatch.context() as patch:
        models = folder / "models"
        patch.setenv("SEVA_VAR_DIR", str(folder))
        patch.setenv("SEVA_CONSOLE_PORT", str(port))
        patch.setenv("SEVA_MODELS_DIR", str(models))
        patch.setattr(pages, "Jobs", partial(Jobs, command=(sys.executable, "-c", WAITS)))
        models.mkdir()
        answered_pair(models, patch)
        with_scores(models, LIVE, "కొత్త వాక్యాలు")
        with_scores(models, CANDIDATE, "राशन कार्ड के नए वाक्य")
        for one in (CANDIDATE, LIVE):
            registry.promote(
                models, one, change(models, one, "promote", "first", "Anita", "passed")
            )
        wrong = {text: refusal(text) for text in held_back("te", VIEW)[:9]}
        wrong |= {
            text: Answered(text, "clarify", (VIEW, PAY), VIEW, 0.5)
            for text in held_back("hi", PAY)[:2]
        }
        answer(models, CANDIDATE, KNOWN, wrong)
        assert not judge(models, CANDIDATE, LIVE).passed
        console = Console.open(ConsoleSettings.read(), AREAS)
        on_trial(books_of(console))
        counted(console, time.time())
        canary.begin(models, CANDIDATE, 5, "राशन कार्ड", "Anita", "passed")
        app = create_app(console)
        with served(app, port):
            yield House(console, Clock(), app, None)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def session(house: House) -> str:
    """The cookie of somebody who may train and release."""
    return house.person("Lakshmi Devi", "releaser").browser.cookies[house.console.cookie]


def opened(browser: Browser, house: House, session: str, **how: object) -> BrowserContext:
    context = browser.new_context(reduced_motion="reduce", **how)  # type: ignore[arg-type]
    url = house.console.settings.console_address
    context.add_cookies([{"name": house.console.cookie, "value": session, "url": url}])
    return context


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", PATHS)
def test_every_page_of_a_model(
    browser: Browser, house: House, session: str, name: str, size: str
) -> None:
    address = house.console.settings.console_address
    (account,) = house.console.accounts.all()
    for language, scheme in product(("en", "te", "hi"), ("light", "dark")):
        house.console.accounts.speak(account.id, language)
        context = opened(browser, house, session, viewport=SIZES[size], color_scheme=scheme)
        page = context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error, told=problems: told.append(str(error)))
        page.on("console", lambda line, told=problems: told.append(f"{line.type}: {line.text}"))
        answered = page.goto(f"{address}{PATHS[name]}")
        assert answered is not None and answered.status == 200
        look(page, f"models-{name}-{size}-{language}-{scheme}")
        assert problems == []
        context.close()


def test_a_training_is_watched_without_loading_again(
    browser: Browser, house: House, session: str
) -> None:
    """By the keyboard: begun, seen to move, done; the page loads once."""
    (account,) = house.console.accounts.all()
    house.console.accounts.speak(account.id, "en")
    context = opened(browser, house, session, viewport=SIZES["office"])
    page = context.new_page()
    page.goto(f"{house.console.settings.console_address}/models/train")
    page.get_by_label("Reason").focus()
    page.keyboard.type("ration cards")
    page.keyboard.press("Enter")
    expect(page.locator("#job")).to_contain_text("min left", timeout=30_000)
    look(page, "models-job-running")
    page.evaluate("window.sameDocument = true")
    job = page.url.rpartition("/")[2]
    folder = Path(os.environ["SEVA_VAR_DIR"]) / "jobs" / job
    (folder / "go").touch()
    expect(page.locator("#job .right")).to_contain_text(CANDIDATE, timeout=30_000)
    assert page.evaluate("window.sameDocument") is True
    assert page.locator("[hx-trigger]").count() == 0  # it asks no more
    look(page, "models-job-done")
    context.close()
