"""Every bad input gets a problem document with a stable type, and never a stack trace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.problems import KINDS, MEDIA_TYPE
from nlu.fast_yaml import load_yaml
from tests.api.api_fakes import FakeUnderstanding

CASES = load_yaml((Path(__file__).parent / "bad_requests.yml").read_text("utf-8"))


def body_of(case: dict[str, Any]) -> bytes:
    if "json" in case:
        return json.dumps(case["json"]).encode()
    if "repeat" in case:
        repeat = case["repeat"]
        return json.dumps({"text": repeat["text"] * repeat["times"]}).encode()
    if "many" in case:
        return json.dumps({"texts": ["a"] * case["many"]}).encode()
    if "repeat_body" in case:
        return (case["repeat_body"]["text"] * case["repeat_body"]["times"]).encode()
    return case["body"].encode("latin-1")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_bad_request(client: TestClient, engine: FakeUnderstanding, case: dict[str, Any]) -> None:
    kind = case.get("type", "application/json")
    answer = client.post(case["path"], content=body_of(case), headers={"Content-Type": kind})
    assert answer.status_code == case["status"], answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    problem = answer.json()
    assert problem["type"] == f"/problems/{case['problem']}"
    assert problem["status"] == case["status"]
    assert problem["title"] and problem["detail"]
    assert "Traceback" not in answer.text and ".py" not in answer.text
    assert engine.asked == []


@pytest.mark.parametrize(
    "header",
    [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic right-key", "right-key", "Bearer తె"],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/parse"),
        ("POST", "/model/parse"),
        ("POST", "/parse/batch"),
        ("POST", "/parse/voice"),
        ("GET", "/services"),
    ],
)
def test_no_answer_without_a_key(
    client: TestClient, method: str, path: str, header: str | None
) -> None:
    del client.headers["Authorization"]
    headers = {} if header is None else {"Authorization": header.encode()}
    answer = client.request(
        method, path, headers=headers, json={"text": "a"} if method == "POST" else None
    )
    assert answer.status_code == 401
    assert answer.json()["type"] == "/problems/unauthorised"
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("header", ["Bearer right-key", "bearer second", "Bearer  right-key "])
def test_any_of_the_keys_opens(client: TestClient, header: str) -> None:
    answer = client.post("/parse", json={"text": "a"}, headers={"Authorization": header})
    assert answer.status_code == 200


def test_failing_engine_shows_nothing_of_itself(
    client: TestClient, engine: FakeUnderstanding, caplog: pytest.LogCaptureFixture
) -> None:
    engine.error = RuntimeError("secret of the citizen")
    answer = client.post("/parse", json={"text": "a"})
    assert answer.status_code == 500
    assert answer.json()["type"] == "/problems/internal-error"
    assert "secret" not in answer.text + caplog.text


def test_every_problem_is_explained(client: TestClient) -> None:
    documented = Path("docs/api.md").read_text("utf-8")
    for name, kind in KINDS.items():
        answer = client.get(f"/problems/{name}")
        assert answer.json()["status"] == kind.status
        assert f"`{name}`" in documented, f"docs/api.md does not tell of {name}"
    assert client.get("/problems/none").status_code == 404
