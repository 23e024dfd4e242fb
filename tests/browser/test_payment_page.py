"""The sandbox's payment page by axe-core's rules: to be paid, paid, and unknown."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from playwright.sync_api import Browser, expect

from actions.sandbox.server import create_app
from tests.axe import faults
from tests.browser.conftest import PHONE_SIZE
from tests.processes import OWNERS
from tests.sandbox.conftest import Sandbox
from tests.served import served

BILL = {"service_number": "6123401005678"}


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[str]]:
    """Addresses of pages: an order that is open, one that was paid, one that there is not."""
    database = tmp_path_factory.mktemp("sandbox") / "sandbox.sqlite"
    with served(create_app(database, owners=OWNERS)) as url, ThreadPoolExecutor(1) as thread:
        sandbox = Sandbox(url, database)

        def ordered() -> str:
            return sandbox.execute("energy", "payBill", BILL).fields["order_id"]

        # In a thread of its own, because Playwright's loop runs in this one.
        paid = thread.submit(ordered).result()
        httpx.post(f"{url}/pay/{paid}", data={"plan": "paid"})
        httpx.post(f"{url}/__reset/energy")
        yield [f"{url}/pay/{name}" for name in (thread.submit(ordered).result(), paid, "ORD-none")]
        sandbox.http.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(chromium: Browser, orders: list[str], scheme: str) -> None:
    context = chromium.new_context(viewport=PHONE_SIZE, color_scheme=scheme)
    page = context.new_page()
    for address in orders:
        for language in ("te", "hi", "en"):
            page.goto(f"{address}?lang={language}")
            expect(page.locator("html")).to_have_attribute("lang", language)
            if page.locator("summary").count():
                page.locator("summary").click()
            assert faults(page) == [], address
    context.close()
