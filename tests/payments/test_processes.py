"""Two action servers as processes that start at once, over one database: SQLite and PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.talk.letterbox import Letterbox
from nlu.action_address import authorization
from tests.confirmed import Confirmed
from tests.processes import ACTIONS_SECRET, department_urls, free_port, seva
from tests.served import served

from .world import BILL, PAISE, lane_of

CITIZENS, TAPS = 12, 8
LANGUAGES = ("te", "hi", "en")
PAID = {"te": "అందాయి", "hi": "मिल गए", "en": "has arrived"}
ORDER = Confirmed("electricity_bill_payment", BILL)
WAIT_S = 60.0


@dataclass(frozen=True)
class Servers:
    """Two action servers, the sandbox, and where news arrives."""

    actions: list[str]
    sandbox: str
    box: Letterbox

    def asked(self, number: int, turn: int) -> list[str]:
        """The links that citizen `number` is given when they have confirmed to pay, by either
        server."""
        language = LANGUAGES[number % len(LANGUAGES)]
        lane = lane_of(number)
        phone = lane.rpartition(":")[2]
        call = ORDER.call(lane, language, f"{turn:04}{number:08}", phone)
        url = f"{self.actions[(number + turn) % 2]}/webhook"
        own = authorization(ACTIONS_SECRET)
        answer = httpx.post(url, json=call, headers=own, timeout=60, trust_env=False)
        responses = answer.raise_for_status().json()["responses"]
        links = [(response.get("custom") or {}).get("link") for response in responses]
        return [link["url"] for link in links if link]

    def writes(self) -> list[dict[str, Any]]:
        """Orders in the department's books."""
        found = httpx.get(f"{self.sandbox}/__writes/energy", trust_env=False).json()
        return [write for write in found if write["operation"] == "payBill"]


@pytest.fixture(params=[pytest.param("sqlite", marks=pytest.mark.nightly), "postgresql"])
def servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Servers]:
    """Both start at the same moment, with no database, key or folder there yet."""
    url = "sqlite"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres")
    box, sandbox = Letterbox(), free_port()
    ports = [(free_port(), free_port()) for _ in range(2)]
    with ExitStack() as running:
        notices = running.enter_context(served(box.app))
        environment = {
            "SEVA_VAR_DIR": str(tmp_path),
            "SEVA_JOURNAL_URL": url,
            "SEVA_NOTICES_URL": f"{notices}/notices",
            "SEVA_SETTLE_SECONDS": "0.1",
            "SEVA_SANDBOX_CALLBACK_URL": f"http://127.0.0.1:{ports[0][1]}/callbacks/payments/sandbox",
            "SEVA_GATEWAY_SANDBOX_URL": f"http://127.0.0.1:{sandbox}/gateway",
            **department_urls(sandbox),
        }
        there = seva("sandbox", "/health", sandbox, environment, tmp_path / "sandbox.log")
        running.enter_context(there)

        def start(number: int) -> str:
            port, callbacks = ports[number]
            own = {**environment, "SEVA_CALLBACKS_PORT": str(callbacks)}
            log = tmp_path / f"actions-{number}.log"
            return running.enter_context(seva("actions", "/health", port, own, log))

        with ThreadPoolExecutor(2) as pool:
            actions = list(pool.map(start, range(2)))
        yield Servers(actions, f"http://127.0.0.1:{sandbox}", box)


def test_two_processes_many_citizens_and_many_taps_pay_once(servers: Servers) -> None:
    """Everybody asks at once, then everybody taps at once; whose link it is, is told once."""
    together = threading.Barrier(CITIZENS)

    def ask(number: int) -> list[str]:
        together.wait()
        return servers.asked(number, 1)

    with ThreadPoolExecutor(CITIZENS) as pool:
        list(pool.map(ask, range(CITIZENS)))
    given = [(number, url) for number in range(CITIZENS) for url in servers.asked(number, 2)]
    ((payer, link),) = given
    assert len(servers.writes()) == 1

    at_once = threading.Barrier(TAPS)

    def tap(_: int) -> int:
        at_once.wait()
        data = {"plan": "callback_twice"}
        return httpx.post(link, data=data, trust_env=False, timeout=30).status_code

    with ThreadPoolExecutor(TAPS) as pool:
        assert set(pool.map(tap, range(TAPS))) == {303}
    until = time.monotonic() + WAIT_S
    while time.monotonic() < until and not servers.box.told(lane_of(payer)):
        time.sleep(0.05)
    ((language, text),) = servers.box.told(lane_of(payer))
    assert language == LANGUAGES[payer % len(LANGUAGES)]
    assert PAID[language] in text
    others = set(range(CITIZENS)) - {payer}
    assert not any(servers.box.told(lane_of(number)) for number in others)
    page = httpx.URL(link)
    state = httpx.get(page.copy_with(path=f"{page.path}/state"), trust_env=False).json()
    assert state["money"] == [["debit", PAISE]]
    assert not any(servers.asked(number, 3) for number in range(CITIZENS))
    assert len(servers.writes()) == 1
