"""A message is misunderstood, reviewed, learned, compared, made live by a second person and then
understood: typed and spoken, in Telugu, in a browser, while others write."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from nlu.catalogue import Catalogue, load_catalogue
from nlu.registry import live_id
from tests.browser.conftest import ARGS
from tests.console.test_in_chromium import look
from tests.few_services import copied
from tests.processes import ROOT
from tests.speech.test_transcriber import CLIPS
from tests.workbench.stage import LANGUAGE, Others, Stage, is_even, staged

VIEW = "electricity_bill_view"
SERVICES = (
    *(VIEW, "electricity_bill_payment", "electricity_meter_complaint"),
    *("electricity_supply_failure_complaint", "rtc_ticket_booking", "rtc_bus_timings"),
    *("anna_canteen_menu", "anna_canteen_timings", "anna_canteen_locations"),
)
TYPED = "ఈసారి మీటరోళ్ళు ఎంత వాయించారో"
SPOKEN = CLIPS / "te-bill-slang.ogg"
TITLE = "కరెంటు బిల్లు చూడండి"
OTHERS = ("అన్న క్యాంటీన్ మెనూ", "బస్సు టైమింగ్స్", "కరెంటు పోయింది", "బస్ టికెట్ బుక్ చేయాలి")
FEW, ALL = "few services", "all services"
pytestmark = [pytest.mark.slow, pytest.mark.may_take(1800, "trains twice, with everything running")]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = os.environ.get("SEVA_TEST_CHROMIUM") or shutil.which("chromium")
    assert path, "chromium is missing: run `make setup system`, or set SEVA_TEST_CHROMIUM"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module", params=[FEW, pytest.param(ALL, marks=pytest.mark.nightly)])
def stage(
    request: pytest.FixtureRequest, chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stage]:
    """A few services of three departments; or the whole catalogue with its live model."""
    folder = tmp_path_factory.mktemp("workbench")
    data = folder / "work" / "data"
    if request.param == ALL:
        shutil.copytree(ROOT / "data", data)
        (folder / "models").mkdir()
        live = live_id(ROOT / "models")
        assert live, "no live model: seva train --promote"
        for name in ("live", live):
            made = ROOT / "models" / name
            copy = shutil.copytree if made.is_dir() else shutil.copy
            copy(made, folder / "models" / name)  # type: ignore[operator]
    else:
        copied(data, SERVICES)
        for file in sorted((data / "conversation" / "out_of_scope").glob("*.yml"))[6:]:
            file.unlink()
    with staged(folder, data, chromium) as found:
        yield found


def is_understood(answer: str, catalogue: Catalogue) -> bool:
    """Whether the bill is shown, asked for or offered, and nothing else."""
    service = catalogue.services[VIEW]
    others = (one for name, one in catalogue.services.items() if name != VIEW)
    named = [one for one in others if one.menu[LANGUAGE] in answer]
    told = (service.title[LANGUAGE], *(slot.ask[LANGUAGE] for slot in service.slots))
    return not named and any(one in answer for one in told)


def send(page: Page, action: str) -> None:
    """Presses the button of the form that goes to this address."""
    page.locator(f"form[action='{action}'] button").click()


def path_of(page: Page) -> str:
    return "/" + page.url.split("/", 3)[3].partition("?")[0]


def review(page: Page, home: str) -> int:
    """Decides on every card by keys alone; how many there were."""
    page.goto(f"{home}/review")
    cards = 0
    while page.locator("#words").count():
        words = page.locator("#words").inner_text()
        page.keyboard.press("/")
        page.keyboard.insert_text(TITLE)
        expect(page.locator("#found button").first).to_contain_text("కరెంటు బిల్లు")
        page.keyboard.press("Enter")
        page.wait_for_function(
            "before => document.getElementById('words')?.innerText !== before", arg=words
        )
        cards += 1
    return cards


def hand_in(page: Page, home: str) -> str:
    """Makes a change proposal of what was reviewed; its address."""
    page.goto(f"{home}/review/ready")
    expect(page.locator("ol.sentences li")).to_have_count(2)
    look(page, "ready-office-te-light")
    page.locator("#reason").fill("పౌరులు ఇలా అడుగుతున్నారు")
    page.locator("button[value='keep']").click()
    page.wait_for_url(re.compile("/catalogue/changes/"))
    look(page, "handed-in-office-te-light")
    return path_of(page)


def take_over(page: Page, home: str, proposal: str) -> None:
    """Checks a proposal whole and makes it part of the catalogue."""
    page.goto(f"{home}{proposal}")
    send(page, f"{proposal}/check")
    expect(page.locator("#checked .right")).to_be_visible(timeout=120_000)
    look(page, "take-over-office-te-light")
    send(page, f"{proposal}/take")
    expect(page.locator(".said")).to_be_visible()


def wait_for_job(page: Page) -> None:
    """Watches a job to its end."""
    expect(page.locator("#job .right, #job .wrong")).to_be_visible(timeout=1_500_000)
    expect(page.locator("#job .wrong")).to_have_count(0)


def train(page: Page, home: str) -> str:
    """Trains on the catalogue as it is now; the address of the model."""
    page.goto(f"{home}/models/train")
    page.locator("#profile").select_option("fast")
    page.locator("#reason").fill("కొత్త మాటలు నేర్చుకోవాలి")
    send(page, "/models/train")
    wait_for_job(page)
    page.locator("#job .right a").click()
    return path_of(page)


def compare(page: Page, home: str, model: str) -> None:
    """Asks the gate, and looks at what changed against the live model."""
    page.goto(f"{home}{model}")
    if page.locator(f"form[action='{model}/gate']").count():
        send(page, f"{model}/gate")
        wait_for_job(page)
        page.goto(f"{home}{model}")
    page.locator(".acts a[href^='/models/compare']").click()
    compare_now = page.locator("main form[action='/models/compare'][method='post'] button")
    if compare_now.count():
        compare_now.click()
        wait_for_job(page)
        page.locator("#job .right a").click()
    expect(page.locator("#changed")).to_be_visible()


def test_from_a_misunderstood_message_to_a_better_model(stage: Stage) -> None:
    catalogue = load_catalogue(stage.data)
    home = stage.house.console.settings.console_address
    citizens, before, began = stage.citizens(), live_id(stage.models), time.monotonic()
    answers = [citizens.says(TYPED), citizens.speaks(SPOKEN)]
    assert [is_understood(one, catalogue) for one in answers] == [False, False], answers

    latha = stage.person("Latha", "annotator", "editor")
    assert review(latha, home) == 2
    proposal = hand_in(latha, home)
    ravi = stage.person("Ravi", "releaser")
    take_over(ravi, home, proposal)
    model = train(ravi, home)
    compare(ravi, home, model)
    assert not ravi.locator(f"a[href='{model}/promote']").count()  # who trained does not

    meena = stage.person("Meena", "releaser")
    others = Others(stage.simulator, OTHERS)
    with others.writing(citizens=12):
        meena.goto(f"{home}{model}/promote")
        meena.locator("#reason").fill("కొత్త మాటలు అర్థమవుతాయి")
        send(meena, f"{model}/promote")
        expect(meena.locator(".said")).to_be_visible()
        stage.serves(model.rpartition("/")[2])
        answers = [citizens.says(TYPED), citizens.speaks(SPOKEN)]
        took = time.monotonic() - began
    assert [is_understood(one, catalogue) for one in answers] == [True, True], answers
    replies = others.replies()
    assert is_even(replies), replies  # nobody waits, and nobody was answered twice
    print(f"misunderstood to understood: {took:.0f} s, {len(others.sent)} messages meanwhile")

    meena.goto(f"{home}/models/rollback")
    meena.locator("#reason").fill("పాతది తిరిగి రావాలి")
    send(meena, "/models/rollback")
    expect(meena.locator(".said")).to_be_visible()
    stage.serves(before or "")
    answers = [citizens.says(TYPED), citizens.speaks(SPOKEN)]
    assert [is_understood(one, catalogue) for one in answers] == [False, False], answers
