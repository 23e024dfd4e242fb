"""`POST /notices` and `/notices/language`: who may, what is taken, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app, create_internal_app
from api.inbox.payloads import read_reply
from api.inbox.store import StoredInbox
from api.problems import MEDIA_TYPE
from nlu.settings.settings import Settings
from tests.api.api_fakes import FakeSpeech, FakeUnderstanding
from tests.api.conftest import CATALOGUE
from tests.inbox.worker_fakes import (
    PHONE_ID,
    message,
    rows,
)

KEY = {"Authorization": "Bearer notices-key"}
LANE = f"{PHONE_ID}:IN.1"
NOTICE = {"id": "late-1", "citizen": LANE, "language": "te", "about": "a", "text": "మీ పని అయింది."}


@pytest.fixture
def client(settings: Settings) -> Iterator[TestClient]:
    """A server whose inbox knows one citizen."""
    settings = settings.copy(update={"notices_key": "notices-key"})
    app = create_app(settings, FakeUnderstanding(), FakeSpeech(), catalogue=CATALOGUE)
    internal = create_internal_app(app.state.runtime)
    with (
        TestClient(app) as public,
        TestClient(
            internal, raise_server_exceptions=False, headers=KEY, base_url="http://localhost"
        ) as client,
    ):
        inbox: StoredInbox = app.state.runtime.inbox
        public.portal.call(inbox.put, [message(1)])  # type: ignore[union-attr]
        yield client


def told(client: TestClient) -> list[str]:
    inbox = client.app.state.runtime.inbox  # type: ignore[attr-defined]
    found = rows(inbox, "SELECT body FROM outbox WHERE step >= 0")
    return [read_reply(row[0]).to_json() for row in found]


def test_notice_is_taken_once(client: TestClient) -> None:
    answers = [client.post("/notices", json=NOTICE) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 200]
    assert [answer.json() for answer in answers] == [
        {"id": "late-1", "new": True},
        {"id": "late-1", "new": False},
    ]
    assert len(told(client)) == 1 and "మీ పని అయింది." in told(client)[0]


def test_buttons_and_document_are_taken(client: TestClient) -> None:
    document = {"url": "http://127.0.0.1/a.pdf", "filename": "a.pdf"}
    buttons = [{"payload": "/restart", "title": "మళ్లీ"}]
    more = {"buttons": buttons, "document": document}
    assert client.post("/notices", json={**NOTICE, **more}).status_code == 202
    assert ["document_url" in body for body in told(client)] == [True, True]


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("unknown citizen", {"citizen": "109:IN.2"}, 404, "unknown-citizen"),
    ("no text", {"text": None}, 422, "invalid-request"),
    ("blank text", {"text": " \u200b"}, 422, "invalid-request"),
    ("text is a list", {"text": ["a"]}, 422, "invalid-request"),
    ("nothing to be about", {"about": ""}, 422, "invalid-request"),
    ("unknown language", {"language": "fr"}, 422, "invalid-request"),
    ("key in place of language", {"language": "te-Latn"}, 422, "invalid-request"),
    ("id with a space", {"id": "a b"}, 422, "invalid-request"),
    ("long id", {"id": "a" * 129}, 422, "invalid-request"),
    ("unknown member", {"txet": "a"}, 422, "invalid-request"),
    ("buttons are no list", {"buttons": {}}, 422, "invalid-request"),
    ("button without a title", {"buttons": [{"payload": "/a"}]}, 422, "invalid-request"),
    ("document is a string", {"document": "x"}, 422, "invalid-request"),
    ("document on disk", {"document": {"url": "file:///etc/passwd", "filename": "p"}}, 422, ""),
    ("too large", {"text": "a" * 300_000}, 413, "body-too-large"),
]


@pytest.mark.parametrize(
    ("name", "change", "status", "problem"), REFUSED, ids=[row[0] for row in REFUSED]
)
def test_bad_notice_is_refused(
    client: TestClient, name: str, change: dict[str, Any], status: int, problem: str
) -> None:
    answer = client.post("/notices", json={**NOTICE, **change})
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)
    assert answer.json()["type"] == f"/problems/{problem or 'invalid-request'}"
    assert told(client) == []


@pytest.mark.parametrize("path", ["/notices", "/notices/language"])
@pytest.mark.parametrize(
    ("header", "status"),
    [
        (None, 401),
        ("", 401),
        ("Bearer", 401),
        ("Basic notices-key", 401),
        ("Bearer తె", 401),
        ("Bearer right-key", 403),
    ],
)
def test_only_the_notices_key_opens(
    client: TestClient, path: str, header: str | None, status: int
) -> None:
    """A key of `/parse` does not."""
    del client.headers["Authorization"]
    headers = {} if header is None else {"Authorization": header.encode()}
    answer = client.post(path, json=NOTICE, headers=headers)
    assert (answer.status_code, told(client)) == (status, [])


@pytest.mark.parametrize("key", ["", " "])
def test_without_a_key_nobody_may(settings: Settings, key: str) -> None:
    settings = settings.copy(update={"notices_key": key})
    app = create_app(settings, FakeUnderstanding(), FakeSpeech(), catalogue=CATALOGUE)
    with TestClient(create_internal_app(app.state.runtime), base_url="http://localhost") as client:
        for header in ("Bearer ", f"Bearer {key}"):
            answer = client.post("/notices", json=NOTICE, headers={"Authorization": header})
            assert answer.status_code == 401


def test_language_is_that_of_the_last_answer(client: TestClient) -> None:
    inbox: StoredInbox = client.app.state.runtime.inbox  # type: ignore[attr-defined]
    ask = {"citizen": LANE}
    assert client.post("/notices/language", json=ask).json() == {"language": None}

    async def answered() -> None:
        (claim,) = await inbox.claim("w")
        await inbox.ack(claim, language="hi")

    client.portal.call(answered)  # type: ignore[union-attr]
    assert client.post("/notices/language", json=ask).json() == {"language": "hi"}
    assert client.post("/notices/language", json={"citizen": "x"}).status_code == 404
    assert client.post("/notices/language", json={"citizen": 5}).status_code == 422


def test_closed_inbox_asks_to_try_again(client: TestClient) -> None:
    inbox = client.app.state.runtime.inbox  # type: ignore[attr-defined]
    inbox._database.close()
    answer = client.post("/notices", json=NOTICE)
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/inbox-unavailable")


def test_metrics_count_news(client: TestClient) -> None:
    for _ in range(3):
        client.post("/notices", json=NOTICE)
    text = client.get("/metrics").text
    assert 'seva_notices_total{outcome="new"} 1.0' in text
    assert 'seva_notices_total{outcome="known"} 2.0' in text
