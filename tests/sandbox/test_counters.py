"""Counters that are written down: what each key of a counters file does."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml
from fastapi.testclient import TestClient

from actions.sandbox import counter
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
        ]
    },
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
    first = write(client, "POST", "/meters", "k1", aadhaar="234123412346")
    assert first.status_code == 201
    number = first.json()["application_number"]
    assert number.startswith("MT")
    again = write(client, "POST", "/meters", "k1", aadhaar="234123412346")
    assert again.json() == first.json(), "the same key gets the same answer"
    second = write(client, "POST", "/meters", "k2", aadhaar="234123412346")
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


def test_nothing_private_is_kept(client: TestClient, tmp_path: Path) -> None:
    write(client, "POST", "/meters", "k1", aadhaar="234123412346")
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("sandbox.sqlite*"))
    assert b"234123412346" not in kept


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
