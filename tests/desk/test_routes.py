"""The desk over HTTP: what is asked, what is refused, and that nobody sees others' requests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from rasa_sdk.executor import ActionExecutor

from actions.desk import view
from actions.desk.place import Desk
from actions.desk.routes import DeskRoutes
from actions.server.webhook import webhook_app
from nlu.action_address import DESK, ActionAddress, authorization
from tests.desk.outbox import ENERGY, REVENUE, Outbox, opened

SECRET = "a secret for tests"
WHO = {"energy": ("e1", "energy"), "other": ("e2", "energy"), "revenue": ("r1", "revenue")}


def of(who: str) -> dict[str, str]:
    officer, departments = WHO[who]
    return {"Seva-Officer": officer, "Seva-Departments": departments, **authorization(SECRET)}


@pytest.fixture
async def web(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """The action server's listener, as the console reaches it over TCP."""

    @contextmanager
    def in_desk() -> Iterator[Desk]:
        yield desk

    async def healthy() -> Mapping[str, str]:
        return {}

    app = webhook_app(
        *(ActionExecutor(), healthy, ActionAddress(None, "localhost", 80), SECRET, 10_000, 5.0),
        inside={DESK: DeskRoutes(in_desk).app()},
    )
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def post(web: httpx.AsyncClient, who: str, path: str, **told: Any) -> httpx.Response:
    return await web.post(f"/desk/cases/{path}", json=told, headers=of(who))


async def test_who_lacks_the_secret_learns_nothing(web: httpx.AsyncClient, desk: Desk) -> None:
    number = opened(desk.handovers)
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        named = {**of("energy"), **headers}
        if not headers:
            del named["Authorization"]
        for path in ("settings", "cases", f"cases/{number}"):
            assert (await web.get(f"/desk/{path}", headers=named)).status_code == 401
        assert (await web.post(f"/desk/cases/{number}/claim", headers=named)).status_code == 401
    assert desk.handovers.case(number).officer is None


async def test_a_talk_from_claim_to_close(
    web: httpx.AsyncClient, desk: Desk, outbox: Outbox
) -> None:
    number = opened(desk.handovers)
    listed = (await web.get("/desk/cases", headers=of("energy"))).json()
    assert [one["number"] for one in listed["cases"]] == [number]
    assert (listed["waiting"], listed["mine"], listed["after"]) == (1, 0, None)
    claimed = (await post(web, "energy", f"{number}/claim")).json()
    assert claimed["sent"] and claimed["case"]["talking"]
    assert (await post(web, "other", f"{number}/claim")).status_code == 409
    said = await post(web, "energy", f"{number}/say", text=" నమస్తే ", id="name-0001")
    assert said.json()["sent"] and outbox.texts[-1] == "నమస్తే"
    await post(web, "energy", f"{number}/note", text="for us", id="name-0002")
    shown = (await web.get(f"/desk/cases/{number}", headers=of("energy"))).json()
    kinds = [one["kind"] for one in shown["entries"]]
    assert kinds == ["event", "seva", "officer", "note"]
    last = shown["entries"][-1]["place"]
    query = {"since": str(last)}
    later = (await web.get(f"/desk/cases/{number}", params=query, headers=of("energy"))).json()
    assert later["entries"] == []
    closed = await post(web, "energy", f"{number}/close", reason="done")
    assert closed.json()["case"]["state"] == "closed" and "rating" in list(outbox.taken)[-1]
    later = (await web.get(f"/desk/cases/{number}", params=query, headers=of("energy"))).json()
    assert [one["kind"] for one in later["entries"]] == ["event", "seva"]


async def test_others_requests_are_not_there(web: httpx.AsyncClient, desk: Desk) -> None:
    """The same answer as for a number that nobody has; nothing is changed."""
    number = opened(desk.handovers)
    desk.cases.claim(number, ENERGY)
    before = desk.handovers.talk.last(number)
    for one in (number, "000000"):
        answers = [await web.get(f"/desk/cases/{one}", headers=of("revenue"))]
        answers.append(await web.get(f"/desk/cases/{one}?since=0", headers=of("revenue")))
        for act, told in {
            "claim": {},
            "release": {},
            "say": {"text": "x", "id": "name-0001"},
            "note": {"text": "x", "id": "name-0002"},
            "transfer": {"department": "revenue"},
            "close": {"reason": "done"},
        }.items():
            answers.append(await post(web, "revenue", f"{one}/{act}", **told))
        assert {(a.status_code, a.text) for a in answers} == {(404, '{"error":"not_found"}')}
    assert desk.handovers.talk.last(number) == before
    listed = await web.get("/desk/cases?state=claimed&department=energy", headers=of("revenue"))
    assert listed.json()["cases"] == []


async def test_one_kind_alone_is_listed(web: httpx.AsyncClient, desk: Desk) -> None:
    """A kind that there is not is refused."""
    handover = opened(desk.handovers)
    grievance = opened(desk.handovers, "n2", kind="grievance", reference="C-1")
    for kind, numbers in {
        "": {handover, grievance},
        "handover": {handover},
        "grievance": {grievance},
    }.items():
        asked = {"kind": kind}
        listed = (await web.get("/desk/cases", params=asked, headers=of("energy"))).json()
        assert {one["number"] for one in listed["cases"]} == numbers
    assert (await web.get("/desk/cases?kind=other", headers=of("energy"))).status_code == 400


async def test_what_was_passed_on_is_gone_for_who_passed_it(
    web: httpx.AsyncClient, desk: Desk
) -> None:
    number = opened(desk.handovers)
    await post(web, "energy", f"{number}/claim")
    moved = await post(web, "energy", f"{number}/transfer", department="revenue", note="look")
    assert moved.status_code == 200 and "case" not in moved.json()
    assert (await web.get(f"/desk/cases/{number}", headers=of("energy"))).status_code == 404
    shown = (await web.get(f"/desk/cases/{number}", headers=of("revenue"))).json()
    assert [one["text"] for one in shown["entries"] if one["kind"] == "note"] == ["look"]


async def test_no_number_is_whole(web: httpx.AsyncClient, desk: Desk) -> None:
    """Neither what was told, nor the words, nor the talk. The lane is for the console alone."""
    number = opened(
        desk.handovers,
        service="income_certificate",
        department="revenue",
        values={"applicant_name": "Ravi", "aadhaar_number": "499118665246", "gone": "9848012345"},
        last="call 98480 12345 or 4991 1866 5246",
    )
    desk.cases.claim(number, REVENUE)
    shown = (await web.get(f"/desk/cases/{number}", headers=of("revenue"))).json()
    lane = shown["case"].pop("citizen")
    assert lane == "109:919848012345" and shown["case"]["phone"].endswith("2345")
    told = str(shown).replace(" ", "")
    assert "9848012345" not in told and "499118665246" not in told and "Ravi" in told


@pytest.mark.parametrize("language", ["te", "hi", "en"])
async def test_suggestions_are_in_both_languages(
    web: httpx.AsyncClient, desk: Desk, outbox: Outbox, language: str
) -> None:
    """What the citizen asked about comes first, from the service's file."""
    outbox.language = language
    number = opened(desk.handovers)
    desk.cases.claim(number, ENERGY)
    said = {"text": "how much?", "about": ["fee"]}
    assert desk.handovers.talk.heard(number, "109:919848012345", "m1", said, 1.0)
    query = {"language": "en"}
    shown = (await web.get(f"/desk/cases/{number}", params=query, headers=of("energy"))).json()
    facts = desk.catalogue.services["electricity_bill_view"].facts
    assert facts is not None
    first = shown["suggestions"][0]
    assert first["asked"] and first["text"] == facts.said["fee"][language]
    assert first["beside"] == facts.said["fee"]["en"]
    hello = next(one for one in shown["answers"] if one["name"] == "hello")
    assert number in hello["text"] and "{" not in hello["text"] + hello["beside"]
    assert hello["text"].startswith(desk.words.answers["hello"].text[language].split("{")[0])


@pytest.mark.parametrize(
    ("act", "told"),
    [
        ("say", {}),
        ("say", {"text": " ", "id": "name-0001"}),
        ("say", {"text": "x" * 4001, "id": "name-0001"}),
        ("say", {"text": "x", "id": "../../x"}),
        ("say", {"text": 3, "id": "name-0001"}),
        ("transfer", {"department": "nowhere"}),
        ("close", {"reason": "because"}),
        ("close", {"reason": "by_department"}),
        ("close", {}),
    ],
)
async def test_what_cannot_be_is_refused(
    web: httpx.AsyncClient, desk: Desk, act: str, told: dict[str, Any]
) -> None:
    number = opened(desk.handovers)
    desk.cases.claim(number, ENERGY)
    before = desk.handovers.talk.last(number)
    assert (await post(web, "energy", f"{number}/{act}", **told)).status_code == 400
    assert desk.handovers.talk.last(number) == before


async def test_who_names_nobody_is_refused(web: httpx.AsyncClient) -> None:
    for name in ("", "a b", "a,b"):
        headers = {**of("energy"), "Seva-Officer": name}
        assert (await web.get("/desk/cases", headers=headers)).status_code == 400
    raw = await web.post("/desk/cases/1/say", content=b"[", headers=of("energy"))
    assert raw.status_code == 422


async def test_words_wait_while_the_outbox_is_away(
    web: httpx.AsyncClient, desk: Desk, outbox: Outbox
) -> None:
    """The officer is told so, nothing is lost, and the background brings it."""
    number = opened(desk.handovers)
    outbox.broken = True
    await post(web, "energy", f"{number}/claim")
    said = await post(web, "energy", f"{number}/say", text="hello", id="name-0001")
    assert said.status_code == 200 and said.json()["sent"] is False
    shown = (await web.get(f"/desk/cases/{number}", headers=of("energy"))).json()
    assert shown["entries"][-1]["sending"] == "waits"
    outbox.broken = False
    assert await desk.delivery.deliver() and outbox.texts[-1] == "hello"


async def test_who_is_on_duty_is_told_to_their_colleagues(web: httpx.AsyncClient) -> None:
    for who in WHO:
        await web.get("/desk/settings", headers=of(who))
    told = (await web.get("/desk/settings?language=te", headers=of("energy"))).json()
    assert told["on_duty"] == ["e1", "e2"]
    assert {"id": "general", "title": "సేవ సహాయ కేంద్రం"} in told["departments"]
    assert {one["id"] for one in told["reasons"]} >= {"done", "no_answer"}


async def test_how_long_somebody_waited_is_counted_once(web: httpx.AsyncClient, desk: Desk) -> None:
    """From when it was opened to when the first officer took it, whoever takes it later."""
    counted: list[tuple[str, float]] = []
    object.__setattr__(desk, "waited", lambda *told: counted.append(told))
    number = opened(desk.handovers)
    for who, path in (("energy", "claim"), ("energy", "release"), ("other", "claim")):
        assert (await post(web, who, f"{number}/{path}")).status_code == 200
    case = desk.handovers.case(number)
    assert counted == [(case.record.service, case.opened)]


@pytest.mark.parametrize(
    "lane, ending", [("109:919848012345", "2345"), ("109:IN.106148302993857264261", "")]
)
def test_an_id_of_whatsapp_is_no_telephone_number(desk: Desk, lane: str, ending: str) -> None:
    case = desk.handovers.case(opened(desk.handovers, citizen=lane))
    shown = view.whole(case, desk.catalogue, "en")
    assert shown["phone"][-4:] == ending and "919848012345" not in shown["phone"]
