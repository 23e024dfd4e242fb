"""What the sandbox's gateway and its officers do shows on the citizen's phone.

Link, payment, signed callback, look-up, booking, receipt; grievance, officer, callback, news. Every
step goes over HTTP between processes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
import pytest
import regex

from tests.confirmed import Confirmed
from tests.notices.stage import Stage, opened
from tests.processes import OWNERS, ROOT, department_urls, free_port, seva

pytestmark = pytest.mark.nightly  # five servers and a process that is killed
PHONES = {"te": "919848012345", "hi": "919000054321", "en": "919885067890"}
SERVICE_NUMBERS = {"te": "6123401005678", "hi": "6123401005679", "en": "1161234567890123"}
ANOTHER = "9123401000345"
PAID = {"te": "అందాయి", "hi": "मिल गए", "en": "has arrived"}
ORDERS = {
    number: Confirmed("electricity_bill_payment", {"service_number": number})
    for number in (*SERVICE_NUMBERS.values(), ANOTHER)
} | {
    f"PGRS {language}": Confirmed(
        "grievance_register",
        {
            "grievance_text": f"మా ఊరి బోరు పాడైంది {language}",
            "location": "కొలకలూరు",
            "office": "panchayat_raj",
            "secretariat": "kolakaluru",
        },
    )
    for language in PHONES
}
SLOW = {"te": "ఆలస్యం అవుతోంది", "hi": "देर हो रही है", "en": "is slow to answer"}
ORDERS |= {
    f"SLOW {language}": Confirmed(
        "grievance_register",
        {
            "grievance_text": f"వీధి దీపం వెలగడం లేదు {language}",
            "location": "కొలకలూరు",
            "office": "panchayat_raj",
            "secretariat": "kolakaluru",
        },
    )
    for language in PHONES
}
HELD_UP = {"te": "వేరే ఆఫీసుకి", "hi": "दूसरे दफ़्तर", "en": "another office"}
FAILED = {"te": "జరగలేదు", "hi": "नहीं हुआ", "en": "did not go through"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("calls-back")
    sandbox, documents = free_port(), free_port()
    there = {
        **department_urls(sandbox),
        "SEVA_GATEWAY_SANDBOX_URL": f"http://127.0.0.1:{sandbox}/gateway",
        "SEVA_DOCUMENTS_URL": f"http://127.0.0.1:{documents}",
    }
    with opened(folder, ROOT / "data", ORDERS, there) as stage, ExitStack() as running:
        environment = {
            **stage.environment,
            "SEVA_SANDBOX_CALLBACK_URL": f"{stage.callbacks}/callbacks/payments/sandbox",
            "SEVA_SANDBOX_DEPARTMENT_CALLBACKS": f"{stage.callbacks}/callbacks",
            "SEVA_SANDBOX_OWNERS": str(OWNERS),
        }
        for command, port in (("sandbox", sandbox), ("documents serve", documents)):
            log = folder / f"{command}.log"
            running.enter_context(seva(command, "/health", port, environment, log))
        stage.start_actions()
        yield stage


@pytest.fixture
def sandbox(stage: Stage) -> Iterator[httpx.Client]:
    """The departments' side, as on their first day; phones are empty."""
    url = stage.environment["SEVA_GATEWAY_SANDBOX_URL"].removesuffix("/gateway")
    stage.web.post("/__reset").raise_for_status()
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as http:
        yield http


def said(stage: Stage, language: str, count: int) -> dict[str, Any]:
    """The latest of so many messages."""
    shown = stage.phone(PHONES[language], count)
    assert len(shown) == count, [message["text"] for message in shown]
    return shown[-1]


def nothing_more(stage: Stage, language: str, count: int) -> None:
    """A later answer comes without anything before it."""
    stage.say(PHONES[language], "marker", language)
    assert said(stage, language, count + 1)["text"] == "echo marker"


def link_of(stage: Stage, language: str, count: int = 1, bill: str | None = None) -> str:
    """Where the citizen pays, as the latest of `count` messages has it."""
    stage.say(PHONES[language], bill or SERVICE_NUMBERS[language], language)
    link: str = said(stage, language, count)["link"]
    assert link.startswith("http") and link.endswith(f"?lang={language}")
    return link


@pytest.mark.parametrize("language", PHONES)
def test_payment_is_told_with_its_receipt_once(
    stage: Stage, sandbox: httpx.Client, language: str
) -> None:
    link = link_of(stage, language)
    for _ in range(2):  # a second tap
        assert sandbox.post(link, data={"plan": "callback_twice"}).status_code == 303
    receipt = said(stage, language, 2)
    assert receipt["content"]["type"] == "document"
    assert PAID[language] in receipt["text"]
    nothing_more(stage, language, 2)


@pytest.mark.parametrize("language", PHONES)
def test_failed_payment_is_told_and_a_new_link_is_given(
    stage: Stage, sandbox: httpx.Client, language: str
) -> None:
    sandbox.post("/__reset/energy").raise_for_status()
    first = link_of(stage, language)
    assert sandbox.post(first, data={"plan": "failed"}).status_code == 303
    assert FAILED[language] in said(stage, language, 2)["text"]
    assert link_of(stage, language, 3) != first


def test_payment_while_the_action_server_is_dead_is_told_when_it_is_back(
    stage: Stage, sandbox: httpx.Client
) -> None:
    """Its callback reaches nobody."""
    link = link_of(stage, "te", bill=ANOTHER)
    stage.kill_actions()
    assert sandbox.post(link, data={"plan": "paid"}).status_code == 303
    stage.start_actions()
    assert PAID["te"] in said(stage, "te", 2)["text"]
    nothing_more(stage, "te", 2)


@pytest.mark.parametrize("language", PHONES)
def test_officers_changes_are_told(stage: Stage, sandbox: httpx.Client, language: str) -> None:
    stage.say(PHONES[language], f"PGRS {language}", language)
    found = regex.search(r"PGRS\d{9}", said(stage, language, 1)["text"])
    assert found is not None
    at = f"/__grievances/{found.group()}"
    sandbox.put(at, json={"state": "wrong_office", "office": "revenue"}).raise_for_status()
    assert HELD_UP[language] in said(stage, language, 2)["text"]
    sandbox.put(at, json={"state": "resolved", "note": "మోటారు మార్చాం"}).raise_for_status()
    end = said(stage, language, 3)
    assert "మోటారు మార్చాం" in end["text"]
    assert len(end["options"]) == 2  # rate, reopen
    nothing_more(stage, language, 3)


@pytest.mark.parametrize("language", PHONES)
def test_slow_department_is_told_of_before_its_answer(
    stage: Stage, sandbox: httpx.Client, language: str
) -> None:
    silent = {"mode": "timeout_after_commit", "times": 1}
    sandbox.put("/__faults/grievances", json=silent).raise_for_status()
    stage.say(PHONES[language], f"SLOW {language}", language)
    assert "PGRS" in said(stage, language, 2)["text"]
    word, _ = stage.phone(PHONES[language], 2)
    assert SLOW[language] in word["text"]
    nothing_more(stage, language, 2)
