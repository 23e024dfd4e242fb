"""Reports with numbers in a real browser: axe finds nothing, plots take the colours of the page."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser
from starlette.applications import Starlette
from starlette.routing import Mount

from actions.citizens import handover
from actions.payments import ledger
from actions.reports.app import Reporter, reports_app
from actions.reports.figures import Sources
from nlu.action_address import CONSOLE_REPORTS
from nlu.catalogue import shared_catalogue
from nlu.daily_counts import FILE, DailyCounts
from nlu.storage.tables import file_url, open_tables
from tests.console.conftest import House
from tests.console.test_in_chromium import SIZES, chromium, cookie, look, running
from tests.reports.conftest import DATA, INDIA, NOW, TODAY, Town

__all__ = ["chromium", "cookie", "running"]
pytestmark = pytest.mark.slow


class Server:
    """The console's way to the department side, without a socket between."""

    def __init__(self, app: Starlette) -> None:
        self._transport = httpx.ASGITransport(app)

    async def ask(self, method: str, path: str, **more):  # type: ignore[no-untyped-def]
        async with httpx.AsyncClient(
            transport=self._transport, base_url="http://actions"
        ) as client:
            return await client.request(method, path, **more)

    async def close(self) -> None:
        return None


@pytest.fixture()
def server(running: House, tmp_path: Path) -> Server:
    catalogue = shared_catalogue(DATA)
    sources = Sources(
        DailyCounts(file_url(tmp_path / FILE)),
        open_tables(file_url(tmp_path / "journal.sqlite"), ledger.TABLES),
        open_tables(file_url(tmp_path / "handover.sqlite"), handover.TABLES),
        INDIA,
    )
    reporter = Reporter(lambda: sources, lambda: catalogue, lambda: NOW)
    town = Town(sources, catalogue, reporter)
    town.month()
    for day in range(1, TODAY.day):  # a plot that has a shape
        about = {"department": "energy", "language": "te", "kind": "written"}
        town.add("messages", 60 + 4 * day + 41 * day % 70, TODAY.replace(day=day), **about)
    found = Server(Starlette(routes=[Mount(CONSOLE_REPORTS, reports_app(reporter))]))
    running.console.server = found  # type: ignore[assignment]
    return found


def test_a_report_in_three_languages(
    chromium: Browser, running: House, cookie: dict[str, str], server: Server
) -> None:
    console, address = running.console, running.console.settings.console_address
    bars = set()
    for size, scheme, language in product(
        ("phone", "office"), ("light", "dark"), ("en", "te", "hi")
    ):
        context = chromium.new_context(viewport=SIZES[size], color_scheme=scheme)
        context.add_cookies([cookie])
        (account,) = console.accounts.all()
        console.accounts.speak(account.id, language)
        page = context.new_page()
        problems: list[str] = []
        page.on("console", lambda line, told=problems: told.append(f"{line.type}: {line.text}"))
        answer = page.goto(f"{address}/reports?period=month&month=2026-11")
        assert answer is not None and answer.status == 200
        look(page, f"report-{size}-{language}-{scheme}")
        fill = "getComputedStyle(document.querySelector('.plot .bar')).fill"
        bars.add((scheme, page.evaluate(fill)))
        assert problems == []
        context.close()
    assert len(bars) == 2 and len({colour for _, colour in bars}) == 2


def test_a_file_is_saved(
    chromium: Browser, running: House, cookie: dict[str, str], server: Server
) -> None:
    context = chromium.new_context(viewport=SIZES["office"], accept_downloads=True)
    context.add_cookies([cookie])
    page = context.new_page()
    page.goto(f"{running.console.settings.console_address}/reports?period=month&month=2026-11")
    with page.expect_download() as saved:
        page.locator("#languages a[download]").click()
    assert saved.value.suggested_filename == "seva-languages.csv"
    context.close()
