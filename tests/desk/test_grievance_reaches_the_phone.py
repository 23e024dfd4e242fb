"""Grievances from the citizen's phone to the officer and back: real departments, real processes.

The sandbox's officers answer through their department's system; where that does not help, an
officer of ours does. Everything goes over HTTP.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count

import httpx
import pytest

from actions.departments.journal import Journal
from actions.desk.words import desk_words
from nlu.storage.tables import file_url
from tests.confirmed import Confirmed
from tests.desk.town import PHONE, Town, built
from tests.few_services import copied
from tests.notices.stage import until
from tests.processes import OWNERS, department_urls, free_port, seva

pytestmark = pytest.mark.slow  # several servers
SERVICES = (
    *("grievance_register", "grievance_status", "grievance_reopen", "grievance_feedback"),
    *("electricity_supply_failure_complaint", "electricity_complaint_status"),
)
LATE = "police"
"""The office that is always too late here."""
_YEAR = 366 * 86400.0
HOSTILE = "<img src=x onerror=alert(1)> call 9848012345 or 4991 1866 5246"
LANGUAGES = ("te", "hi", "en")
_ORDERS = count(1)


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder, sandbox = tmp_path_factory.mktemp("grieved"), free_port()
    data = copied(folder / "data", SERVICES)
    offices = (data / "grievances.yml").read_text("utf-8")
    past = re.sub(rf"(\n  {LATE}:\n    days:) \d+", r"\1 -1", offices)
    assert past != offices
    (data / "grievances.yml").write_text(past, "utf-8")
    there = department_urls(sandbox, data)
    with built(folder, data, there) as town, ExitStack() as running:
        environment = {
            **town.stage.environment,
            "SEVA_SANDBOX_DEPARTMENT_CALLBACKS": f"{town.stage.callbacks}/callbacks",
            "SEVA_SANDBOX_OWNERS": str(OWNERS),
        }
        log = folder / "sandbox.log"
        running.enter_context(seva("sandbox", "/health", sandbox, environment, log))
        yield town


@pytest.fixture
def sandbox(town: Town) -> Iterator[httpx.Client]:
    """The departments' side; phones are empty."""
    url = town.stage.environment["SEVA_DEPARTMENT_GRIEVANCES_URL"].removesuffix("/grievances")
    town.stage.web.post("/__reset").raise_for_status()
    with httpx.Client(base_url=url, trust_env=False, timeout=30) as http:
        yield http


def order(town: Town, language: str, service: str, **values: str) -> str:
    """The citizen confirms a request: what they read, which is the only message."""
    seen = len(town.texts(0))
    name = f"order {next(_ORDERS)}"
    town.stage.bridge.orders[name] = Confirmed(service, values)  # type: ignore[index]
    town.say(name, language)
    texts = town.texts(seen + 1)
    assert len(texts) == seen + 1
    return texts[-1]


def registered(town: Town, language: str, office: str = "panchayat_raj") -> str:
    """The number of a new grievance."""
    words = f"మా ఊరి బోరు పాడైంది {next(_ORDERS)}. నా ఫోన్ 9848012345"
    told = {"grievance_text": words, "location": "కొలకలూరు", "office": office}
    said = order(town, language, "grievance_register", secretariat="kolakaluru", **told)
    found = re.search(r"PGRS\d{9}", said)
    assert found, said
    return found[0]


def moved(sandbox: httpx.Client, number: str, state: str, **more: str) -> None:
    """The department's officer enters something."""
    sandbox.put(f"/__grievances/{number}", json={"state": state, **more}).raise_for_status()


def number_in(said: str, why: str, language: str) -> str:
    """That of the request at the desk, in what the citizen reads."""
    before, after = desk_words().grievances.said[why][language].split("{number}")
    found = re.search(re.escape(before) + r"(\d{6})" + re.escape(after), said)
    assert found, said
    return found[1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_closed_without_action_an_officer_answers(
    town: Town, sandbox: httpx.Client, language: str
) -> None:
    """Claimed, talked about, passed on, closed and rated; other departments never see it."""
    pgrs = town.officer("Padma", "grievances")
    energy = town.officer("Ravi", "energy")
    grievance = registered(town, language)
    moved(sandbox, grievance, "closed_without_action", note="not our work")
    said = town.texts(2)[-1]
    assert "not our work" in said
    number = number_in(said, "no_action", language)
    at = f"/desk/{number}"

    # It stands beside the hand-overs of its own department, with what was told.
    for kind in ("", "grievance"):
        assert number in pgrs.get(f"/desk?kind={kind}").text
        assert number not in energy.get(f"/desk?kind={kind}").text
    assert number not in pgrs.get("/desk?kind=handover").text
    for path in (at, f"{at}/talk?since=0"):
        assert energy.get(path).status_code == 404
    for act in ("claim", "release", "close", "note", "say", "transfer"):
        sent = {"text": "x", "id": "0" * 24, "department": "energy", "reason": "done"}
        assert energy.send(f"{at}/{act}", **sent).status_code == 404
    page = pgrs.get(at).text
    assert grievance in page and "XXXXXX2345" in page and "9848012345" not in page

    # Taken without a word: the bot still answers. Then it is silent.
    assert pgrs.send(f"{at}/claim").status_code == 200
    town.say("what now", language)
    assert len(town.texts(3)) == 3
    assert pgrs.send(f"{at}/say", text="మోటారు రేపు వస్తుంది", id="a" * 24).status_code == 200
    texts = town.texts(5)
    assert grievance in texts[3] and texts[4] == "మోటారు రేపు వస్తుంది"
    town.say(HOSTILE, language)
    until(lambda: "onerror" in pgrs.get(f"{at}/talk?since=0&poll=1").text)
    for page in (pgrs.get(at).text, pgrs.get(f"{at}/talk?since=0&poll=1").text):
        assert "<img" not in page and "&lt;img src=x" in page
        assert "9848012345" not in page and "4991 1866 5246" not in page

    # To another department, which closes it; the citizen rates.
    assert pgrs.send(f"{at}/transfer", department="energy", note="a motor").status_code == 200
    assert pgrs.get(at).status_code == 404
    assert energy.send(f"{at}/claim").status_code == 200
    assert energy.send(f"{at}/close", reason="answered").status_code == 200
    rating = town.stage.phone(PHONE, 7)[-1]
    assert number in rating["text"] and desk_words().say("rate", language) in rating["text"]
    button = desk_words().ratings[0]
    body = {"citizen": PHONE, "type": "button", "title": button.title[language]}
    town.stage.web.post("/__inbound", json=body).raise_for_status()
    assert town.texts(8)[-1] == desk_words().say("rated", language)
    case = town.handovers.case(number)
    assert (case.rating, case.reason, case.department) == (button.value, "answered", "energy")
    assert "9848012345" not in town.stage.logged() and "onerror" not in town.stage.logged()


def test_not_satisfied_reopened_and_resolved(town: Town, sandbox: httpx.Client) -> None:
    """One request from the bad rating on; the department's answer ends the waiting."""
    pgrs = town.officer("Padma", "grievances")
    grievance = registered(town, "te")
    moved(sandbox, grievance, "resolved", note="done")
    assert "done" in town.texts(2)[-1]
    told = {"grievance_number": grievance, "rating": "bad"}
    number = number_in(order(town, "te", "grievance_feedback", **told), "not_satisfied", "te")
    page = pgrs.get(f"/desk/{number}").text
    assert "మా ఊరి బోరు" in page and "citizen is not satisfied" in page
    told = {"grievance_number": grievance, "reason": "ఇంకా నీళ్ళు రావట్లేదు"}
    said = order(town, "te", "grievance_reopen", **told)
    assert number_in(said, "reopened", "te") == number
    page = pgrs.get(f"/desk/{number}").text
    assert "ఇంకా నీళ్ళు" in page and "opened again" in page
    moved(sandbox, grievance, "resolved", note="now it runs")
    last = town.texts(5)[-1]
    over = desk_words().say("answered_by_department", "te", {"number": number})
    assert "now it runs" in last and last.endswith(over)
    assert number not in pgrs.get("/desk").text
    assert town.handovers.case(number).reason == "by_department"


@pytest.mark.parametrize("language", LANGUAGES)
def test_past_its_date(town: Town, sandbox: httpx.Client, language: str) -> None:
    """The citizen is told by themselves, and somebody asks for them."""
    pgrs = town.officer("Padma", "grievances")
    grievance = registered(town, language, office=LATE)
    journal = Journal(file_url(town.stage.folder / "var" / "journal.sqlite"))
    polled = [one for one in journal.due(time.time() + _YEAR, 50) if one.result]
    [entry] = [one for one in polled if one.result and grievance in one.result.fields.values()]
    assert journal.move(entry, due_at=time.time())  # as hours would
    said = town.texts(2)[-1]
    number = number_in(said, "past_date", language)
    assert grievance in said and "{" not in said
    page = pgrs.get(f"/desk/{number}").text
    assert grievance in page and "past its date" in page


def test_what_could_not_be_filed(town: Town, sandbox: httpx.Client) -> None:
    """The department answers with nonsense; tried again it works, and nobody waits any more."""
    energy = town.officer("Ravi", "energy")
    sandbox.put("/__faults/energy", json={"mode": "wrong"}).raise_for_status()
    told = {"location": "కొలకలూరు గ్రామం"}
    said = order(town, "te", "electricity_supply_failure_complaint", **told)
    number = number_in(said, "not_filed", "te")
    assert "కొలకలూరు గ్రామం" in energy.get(f"/desk/{number}").text
    sandbox.put("/__faults/energy", json={"mode": "none"}).raise_for_status()
    again = town.stage.phone(PHONE, 1)[-1]["options"][0]["title"]
    body = {"citizen": PHONE, "type": "button", "title": again}
    town.stage.web.post("/__inbound", json=body).raise_for_status()
    last = town.texts(2)[-1]
    assert desk_words().say("answered_by_department", "te", {"number": number}) in last
    assert number not in energy.get("/desk").text
