"""The pages of the desk over the real routes of the action server, without a process between."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from rasa_sdk.executor import ActionExecutor

from actions.desk.place import Desk
from actions.desk.routes import DeskRoutes
from actions.server.webhook import webhook_app
from api.console.action_server import ActionServer
from api.console.desk.window import Window, window_of
from nlu.action_address import DESK, ActionAddress
from nlu.settings.settings import ConsoleSettings
from tests.console.conftest import House, Person, house, settings
from tests.desk.outbox import CITIZEN, OTHER, Outbox, opened
from tests.inbox.worker_fakes import Clock, message, open_store
from tests.processes import ROOT

__all__ = ["house", "settings"]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def office(house: House, desk: Desk) -> House:
    """A console whose action server is in this process."""

    @contextmanager
    def in_desk() -> Iterator[Desk]:
        yield desk

    async def healthy() -> Mapping[str, str]:
        return {}

    address = ActionAddress(None, "localhost", 80)
    inside = {DESK: DeskRoutes(in_desk).app()}
    app = webhook_app(ActionExecutor(), healthy, address, "s", 10_000, 5.0, inside=inside)
    server = ActionServer(address, "s")
    server._client = httpx.AsyncClient(
        transport=httpx.ASGITransport(app),  # type: ignore[arg-type]
        base_url="http://localhost",
        headers={"Authorization": "Bearer s"},
    )
    house.console.server = server
    return house


@pytest.fixture
def officer(office: House) -> Person:
    return office.person("Lakshmi", "officer", departments=("energy",))


def id_of(office: House, name: str) -> str:
    return next(one.id for one in office.console.accounts.all() if one.name == name)


def test_departments_see_their_own(office: House, officer: Person, desk: Desk) -> None:
    """In the list, by number, and by a form of their own."""
    number = opened(desk.handovers)
    stranger = office.person("Ravi", "officer", departments=("revenue",))
    assert number in officer.get("/desk").text and number not in stranger.get("/desk").text
    assert "9848012345" not in officer.get(f"/desk/{number}").text
    for path in (f"/desk/{number}", f"/desk/{number}/talk?since=0", "/desk/..%2fsettings"):
        assert stranger.get(path).status_code == 404
    for act in ("claim", "release", "close", "note", "say", "transfer"):
        sent = {"text": "x", "id": "0" * 24, "department": "revenue", "reason": "done"}
        assert stranger.send(f"/desk/{number}/{act}", **sent).status_code == 404
    case = desk.handovers.case(number)
    assert (case.state, case.entries) == ("waiting", 0)


def test_who_is_no_officer_has_no_desk(office: House, desk: Desk) -> None:
    number = opened(desk.handovers)
    for role in ("annotator", "releaser", "auditor"):
        somebody = office.person(role, role)
        assert somebody.get("/desk").status_code == 403
        assert somebody.send(f"/desk/{number}/claim").status_code == 403
    assert office.stranger().get(f"/desk/{number}", follow_redirects=False).status_code == 303


def test_a_form_of_elsewhere_changes_nothing(officer: Person, desk: Desk) -> None:
    number = opened(desk.handovers)
    refused = officer.browser.post(f"/desk/{number}/claim", data={"form_token": "x"})
    assert refused.status_code == 403 and desk.handovers.case(number).state == "waiting"


def test_words_are_sent_without_a_new_page(
    office: House, officer: Person, desk: Desk, outbox: Outbox
) -> None:
    """HTMX gets what is new, and the script the id for the next words."""
    number = opened(desk.handovers)
    assert officer.send(f"/desk/{number}/claim").status_code == 200
    hostile = "<script>alert(1)</script>"
    assert desk.handovers.talk.heard(number, CITIZEN, "m1", {"text": hostile}, 1.0)
    page = officer.get(f"/desk/{number}").text
    assert hostile not in page and "&lt;script&gt;alert(1)" in page
    token = page.split('name="form_token" value="')[1].split('"')[0]
    sent = {"text": "నమస్తే", "id": "a" * 24, "since": "3"}
    headers = {**HTMX, "X-Form-Token": token}
    answer = officer.browser.post(f"/desk/{number}/say", data=sent, headers=headers)
    assert answer.status_code == 200 and "<html" not in answer.text
    assert "నమస్తే" in answer.text and hostile not in answer.text and "since=4" in answer.text
    told = json.loads(answer.headers["HX-Trigger"])
    assert told["desk-said"]["id"] != sent["id"] and outbox.texts[-1] == "నమస్తే"
    deeds = office.console.audit.latest(10, None)
    assert [deed.act for deed in deeds if deed.act.startswith("desk")] == ["desk.say", "desk.claim"]
    assert "నమస్తే" not in str(deeds)


def test_typed_words_are_shown_again_where_they_cannot_go(
    office: House, officer: Person, desk: Desk
) -> None:
    """Another officer has it, or the action server fails."""
    number = opened(desk.handovers)
    desk.cases.claim(number, OTHER)
    refused = officer.send(f"/desk/{number}/say", text="do not lose me", id="a" * 24)
    assert refused.status_code == 409 and "do not lose me" in refused.text
    assert "Another officer has taken" in refused.text
    office.console.server._client = httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(503)), base_url="http://localhost"
    )
    for act in ("say", "note"):
        away = officer.send(f"/desk/{number}/{act}", text="do not lose me", id="b" * 24)
        assert away.status_code == 503
        assert "do not lose me" in away.text and "b" * 24 in away.text
    assert officer.get("/desk").status_code == 503
    assert "is away" in officer.get(f"/desk/{number}").text


def test_each_language_has_every_page(office: House, officer: Person, desk: Desk) -> None:
    number = opened(desk.handovers)
    officer.send(f"/desk/{number}/claim")
    for language in ("te", "hi", "en"):
        office.console.accounts.speak(id_of(office, "Lakshmi"), language)
        words = office.console.pages.words
        for state in ("waiting", "mine", "claimed", "closed"):
            page = officer.get(f"/desk?state={state}")
            assert words.say(f"desk.tab_{state}", language, {}) in page.text
        page = officer.get(f"/desk/{number}")
        assert words.say("desk.told", language, {}) in page.text
    for wrong in ("state=elsewhere", "kind=other", "kind=grievance&state=../x"):
        assert officer.get(f"/desk?{wrong}").status_code == 404


async def test_the_window_is_that_of_the_inbox(
    house: House, settings: ConsoleSettings, tmp_path: Path
) -> None:
    """A day after the citizen wrote; a citizen whom the inbox does not know has none."""
    clock = Clock()
    store = open_store(Path(settings.database_urls[0].removeprefix("sqlite:///")), clock)
    await store.put([message(1)])
    lane, data, now = message(1).lane, ROOT / "data", clock.now
    assert window_of(lane, settings, data, now + 86399) == Window("open", now + 86400)
    assert window_of(lane, settings, data, now + 86401) == Window("closed", now + 86400)
    assert window_of("109:IN.nobody", settings, data, time.time()) == Window("unknown")
    assert window_of("rest:x:1", settings, data, now) == Window("none")
    await store.close()
