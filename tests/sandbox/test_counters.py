"""Counters that are written down: what each key of a counters file does."""

from __future__ import annotations

import datetime
import sqlite3
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from fastapi.testclient import TestClient

from actions.sandbox import clock, counter
from actions.sandbox.server import create_app

from .conftest import DATA

HEADERS = {"X-Api-Key": "sandbox-key", "X-Citizen-Phone": "+919848012345"}
SCHEMA: dict[str, Any] = {"type": "object"}
COUNTERS: dict[str, Any] = {
    "records": {
        "meters": [
            {"meter": "11", "owner": "K. Rao", "amount": 250, "state": "active"},
            {"meter": "22", "owner": "B. Devi", "amount": 0, "state": "active"},
            {"meter": "33", "town": ["Tenali", "తెనాలి"], "amount": 0, "state": "closed"},
        ],
        "towns": [{"town": ["Tenali", "తెనాలి"], "fee": 30}],
    },
    "taken": {"reportLeak": [{"number": "LK26110041", "place": "Benz Circle"}]},
    "operations": {
        "getMeter": {
            "find": {"in": "meters", "by": ["meter"], "taken": ["applyMeter"]},
            "answer": "{amount: record.amount, state: record.state}",
        },
        "payMeter": {
            "find": {"in": "meters", "by": ["meter"]},
            "refuse": [{"when": "record.amount == `0`", "code": "no_dues"}],
            "order": {"amount": "record.amount", "paid": {"amount": 0}},
            "answer": "{order: made.order}",
        },
        "applyMeter": {
            "take": {"prefix": "MT", "days": 3, "once_for": ["aadhaar"]},
            "answer": "{application_number: made.number, expected_by: made.expected}",
        },
        "closeMeter": {
            "find": {"in": "meters", "by": ["meter"]},
            "change": {"state": "closed"},
            "answer": "{note: words({te: 'మూసేశాం', en: 'closed'})}",
        },
        "bookVisit": {
            "find": {"in": "towns", "by": {"town": "input.place"}, "default": {"fee": 50}},
            "let": {"ahead": "days_until(input.day)", "amount": "product([record.fee, input.men])"},
            "list": {"in": "visits", "by": {"place": "input.place", "day": "input.day"}},
            "refuse": [
                {"when": "ahead < `0`", "code": "too_late", "title": "Over", "status": 404},
                {"when": "sum([sum(records[].men), input.men]) > `3`", "code": "full"},
            ],
            "take": {"prefix": "V", "format": "{day:%y%m%d}{serial:03}", "first": 101},
            "keep": {
                "in": "visits",
                "values": {
                    "visit_number": "made.number",
                    "place": "input.place",
                    "day": "input.day",
                    "men": "input.men",
                    "mobile_number": "input.mobile",
                    "at": "at(input.day, '06:30')",
                },
            },
            "order": {"amount": "amount", "paid": {"paid": True}},
            "answer": "{visit: made.number, order: made.order}",
        },
        "getVisit": {
            "find": {"in": "visits", "by": ["visit_number"], "called": "visit"},
            "answer": (
                "{men: record.men, paid: record.paid, day: strftime(record.at, '%d-%m-%Y'),"
                " ends: later(record.at, `90`), soon: minutes_until(record.at) > `0`}"
            ),
        },
        "reportLeak": {
            "take": {
                "prefix": "LK",
                "hours": 4,
                "once_for": ["place"],
                "already": {"code": "known", "title": "Known", "answer": "{by: made.expected}"},
                "shared": True,
            },
            "answer": "{number: made.number}",
        },
    },
}


def _path(operation: str, *, write: bool) -> dict[str, Any]:
    parameters = [{"name": "Accept-Language", "in": "header", "schema": {"type": "string"}}]
    found: dict[str, Any] = {
        "operationId": operation,
        "parameters": parameters,
        "responses": {"200": {"description": "done"}},
    }
    if write:
        key = {"name": "Idempotency-Key", "in": "header", "required": True, "schema": {}}
        parameters.append(key)  # type: ignore[arg-type]
        found["requestBody"] = {"content": {"application/json": {"schema": SCHEMA}}}
    return found


OPENAPI = {
    "openapi": "3.0.3",
    "paths": {
        "/meters/{meter}": {
            "parameters": [
                {
                    "name": "meter",
                    "in": "path",
                    "required": True,
                    "schema": {"type": "string", "pattern": "^[A-Z0-9]+$"},
                }
            ],
            "get": _path("getMeter", write=False),
            "post": _path("closeMeter", write=True),
            "put": _path("payMeter", write=True),
        },
        "/meters": {"post": _path("applyMeter", write=True)},
        "/visits": {"post": _path("bookVisit", write=True)},
        "/visits/{visit_number}": {
            "parameters": [
                {"name": "visit_number", "in": "path", "required": True, "schema": {}},
            ],
            "get": _path("getVisit", write=False),
        },
        "/leaks": {"post": _path("reportLeak", write=True)},
    },
}


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """A sandbox whose land department has these counters."""
    for name in ("counters", "openapi"):
        (tmp_path / name).mkdir()
    for file in (DATA / "openapi").glob("*.yml"):
        (tmp_path / "openapi" / file.name).write_text(file.read_text("utf-8"), "utf-8")
    for file in counter.COUNTERS.glob("*.yml"):
        (tmp_path / "counters" / file.name).write_text(file.read_text("utf-8"), "utf-8")
    (tmp_path / "counters" / "land.yml").write_text(yaml.safe_dump(COUNTERS), "utf-8")
    (tmp_path / "openapi" / "land.yml").write_text(yaml.safe_dump(OPENAPI), "utf-8")
    for file in DATA.glob("*.yml"):
        (tmp_path / file.name).write_text(file.read_text("utf-8"), "utf-8")
    policy = {name: {"access": "public"} for name in COUNTERS["operations"]}
    policy["getVisit"] = {"access": "owner"}
    policy["getWrite"] = {"access": "owner"}
    (tmp_path / "land.yml").write_text(yaml.safe_dump({"operations": policy}), "utf-8")
    monkeypatch.setattr(counter, "COUNTERS", tmp_path / "counters")
    counter.load_department.cache_clear()
    app = create_app(tmp_path / "sandbox.sqlite", openapi=tmp_path / "openapi")
    with TestClient(app, base_url="http://localhost", headers=HEADERS) as client:
        yield client
    counter.load_department.cache_clear()


def write(client: TestClient, method: str, path: str, key: str, **body: Any) -> Any:
    """One write with a key."""
    return client.request(method, f"/land{path}", headers={"Idempotency-Key": key}, json=body)


def test_record_is_found_or_not(client: TestClient) -> None:
    assert client.get("/land/meters/11").json() == {"amount": 250, "state": "active"}
    unknown = client.get("/land/meters/99")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


def test_request_is_checked_against_the_openapi_file(client: TestClient) -> None:
    refused = client.get("/land/meters/a-b")
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")
    assert "a-b" not in refused.text, "private values are not repeated"
    assert client.get("/land/meters/11", headers={"X-Api-Key": "no"}).status_code == 401
    broken = client.post("/land/meters", headers={"Idempotency-Key": "k"}, content=b"{")
    assert (broken.status_code, broken.json()["code"]) == (422, "invalid_request")
    assert client.post("/land/meters", json={}).status_code == 422, "a write needs a key"


def test_application_is_taken_once(client: TestClient) -> None:
    first = write(client, "POST", "/meters", "k1", aadhaar="876543210988")
    assert first.status_code == 201
    number = first.json()["application_number"]
    assert number.startswith("MT")
    again = write(client, "POST", "/meters", "k1", aadhaar="876543210988")
    assert again.json() == first.json(), "the same key gets the same answer"
    second = write(client, "POST", "/meters", "k2", aadhaar="876543210988")
    assert (second.status_code, second.json()["code"]) == (409, "duplicate")
    assert second.json()["application_number"] == number
    assert write(client, "POST", "/meters", "k3", aadhaar="499118665246").status_code == 201
    assert client.get("/__writes/land").json()[0]["reference"] == number


def test_taken_application_can_be_looked_up(client: TestClient) -> None:
    number = write(client, "POST", "/meters", "k1", aadhaar="1").json()["application_number"]
    assert client.get(f"/land/meters/{number}").json()["state"] == "in_progress"


def test_payment_changes_the_record(client: TestClient) -> None:
    order = write(client, "PUT", "/meters/11", "k1").json()["order"]
    assert order["amount"] == 250
    assert client.get("/land/meters/11").json()["amount"] == 250, "a link is not a payment"
    client.post(urlsplit(order["payment_link"]).path)
    assert client.get("/land/meters/11").json()["amount"] == 0
    refused = write(client, "PUT", "/meters/11", "k2")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_dues")


def test_change_reset_and_words(client: TestClient) -> None:
    headers = {"Idempotency-Key": "k", "Accept-Language": "te"}
    closed = client.post("/land/meters/22", headers=headers, json={})
    assert closed.json() == {"note": "మూసేశాం"}
    assert client.get("/land/meters/22").json()["state"] == "closed"
    client.post("/__reset/land")
    assert client.get("/land/meters/22").json()["state"] == "active"


def visit(client: TestClient, key: str, **other: Any) -> Any:
    """A visit of two men to Tenali, two days from today."""
    usual = {"place": "Tenali", "day": clock.in_days(2), "men": 2, "mobile": "9000000001"}
    return write(client, "POST", "/visits", key, **{**usual, **other})


def test_kept_record_is_found_again_by_who_made_it_and_by_its_mobile_number(
    client: TestClient,
) -> None:
    day = datetime.date.fromisoformat(clock.in_days(2))
    number = visit(client, "k1").json()["visit"]
    assert number == f"V{day:%y%m%d}101", "dates that were sent, and serials from `first`"
    path = f"/land/visits/{number}"
    wanted = {
        "men": 2,
        "paid": None,
        "day": f"{day:%d-%m-%Y}",
        "ends": f"{day}T08:00:00+05:30",
        "soon": True,
    }
    found = [
        client.get(path, headers={"X-Citizen-Phone": f"+91{phone}"})
        for phone in ("9848012345", "9000000001", "9999999999")
    ]
    assert [answer.status_code for answer in found] == [200, 200, 404]
    assert found[0].json() == found[1].json() == wanted
    assert found[2].json()["title"] == "No such visit"


def test_default_stands_for_what_no_record_says(client: TestClient) -> None:
    amounts = [
        visit(client, f"k{n}", place=place).json()["order"]["amount"]
        for n, place in enumerate(("తెనాలి", "Nowhere"))
    ]
    assert amounts == [60, 100]


def test_all_records_of_the_same_are_counted(client: TestClient) -> None:
    other_day = {"day": clock.in_days(3)}
    codes = [
        visit(client, f"k{n}", **more).status_code
        for n, more in enumerate(({}, {"men": 1}, {"men": 1}, other_day))
    ]
    assert codes == [201, 201, 409, 201]


def test_refusal_has_its_own_status_and_title(client: TestClient) -> None:
    refused = visit(client, "k1", day=clock.in_days(-1))
    assert refused.status_code == 404
    assert (refused.json()["code"], refused.json()["title"]) == ("too_late", "Over")


def test_payment_changes_the_record_that_was_kept(client: TestClient) -> None:
    made = visit(client, "k1").json()
    client.post(urlsplit(made["order"]["payment_link"]).path)
    assert client.get(f"/land/visits/{made['visit']}").json()["paid"] is True


def test_what_is_open_on_the_first_day_is_open_for_all(client: TestClient) -> None:
    """However the place is written, and promised from the day of asking."""
    refused = write(client, "POST", "/leaks", "k1", place="benz  circle")
    assert (refused.status_code, refused.json()["code"]) == (409, "known")
    assert refused.json()["title"] == "Known"
    assert refused.json()["by"] > clock.now().isoformat()
    assert "number" not in refused.json(), "only what the counter says is told"
    decomposed = unicodedata.normalize("NFD", "Café road")
    first = write(client, "POST", "/leaks", "k2", place=decomposed)
    assert first.status_code == 201
    again = write(client, "POST", "/leaks", "k3", place="café road")
    assert again.status_code == 409


def test_departments_openapi_is_the_file_it_is_served_from(client: TestClient) -> None:
    served = client.get("/land/openapi.json").json()
    visits = served["paths"]["/visits/{visit_number}"]["get"]
    assert [p["name"] for p in visits["parameters"]] == ["visit_number", "Accept-Language"]
    assert served["paths"].keys() == OPENAPI["paths"].keys()  # type: ignore[attr-defined]


def test_counter_without_an_operation_or_hook_does_not_open(
    client: TestClient, tmp_path: Path
) -> None:
    for counters in ({"payMetre": {"answer": "x"}}, {"getMeter": {"hook": "nothing"}}):
        text = yaml.safe_dump({**COUNTERS, "taken": {}, "operations": counters})
        (tmp_path / "counters" / "land.yml").write_text(text, "utf-8")
        counter.load_department.cache_clear()
        with pytest.raises(ValueError, match=f"land: .* {next(iter(counters))}"):
            create_app(tmp_path / "other.sqlite", openapi=tmp_path / "openapi")


def test_department_whose_first_records_are_others_begins_again(
    client: TestClient, tmp_path: Path
) -> None:
    """The file of an older sandbox has records that the counters of today cannot read."""
    assert visit(client, "k1").status_code == 201
    older = {**COUNTERS, "records": {"meters": [{"meter": "11", "amount": 7, "state": "old"}]}}
    (tmp_path / "counters" / "land.yml").write_text(yaml.safe_dump(older), "utf-8")
    counter.load_department.cache_clear()
    app = create_app(tmp_path / "sandbox.sqlite", openapi=tmp_path / "openapi")
    with TestClient(app, base_url="http://localhost", headers=HEADERS) as again:
        assert again.get("/land/meters/11").json() == {"amount": 7, "state": "old"}
        assert again.get("/__writes/land").json() == []


def test_nothing_private_is_kept(client: TestClient, tmp_path: Path) -> None:
    write(client, "POST", "/meters", "k1", aadhaar="876543210988")
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("sandbox.sqlite*"))
    assert b"876543210988" not in kept


def test_older_database_gets_the_records_of_new_counters(
    client: TestClient, tmp_path: Path
) -> None:
    """A sandbox that ran before a department was written down knows its records too."""
    with sqlite3.connect(tmp_path / "sandbox.sqlite") as db:
        db.execute("DELETE FROM counter_records")
    app = create_app(tmp_path / "sandbox.sqlite", openapi=tmp_path / "openapi")
    with TestClient(app, base_url="http://localhost", headers=HEADERS) as again:
        assert again.get("/land/meters/11").json()["amount"] == 250


def test_mistake_in_a_counter_names_the_operation() -> None:
    with pytest.raises(TypeError, match="counter of payMeter"):
        counter._read("payMeter", {"answer": "x", "take": {"prefx": "A"}})
    with pytest.raises(KeyError, match="counter of payMeter"):
        counter._read("payMeter", {"find": {"in": "meters"}})
    for wrong in ({"find": {"in": "meters", "bye": ["meter"]}}, {"refuse": [{"wen": "x"}]}):
        with pytest.raises(TypeError, match="counter of payMeter"):
            counter._read("payMeter", {"answer": "x", **wrong})
