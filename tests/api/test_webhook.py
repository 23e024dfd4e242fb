"""The webhook: handshake, signature, durable before 200, 503 when it is not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.app import create_app, create_internal_app
from api.whatsapp.payload import HEADER, sign
from nlu.settings.settings import Settings
from tests.api.api_fakes import FakeUnderstanding
from tests.api.conftest import NOW

FIXTURES = sorted((Path(__file__).parents[1] / "whatsapp" / "fixtures").glob("*.json"))
PATH = "/webhooks/whatsapp"


def deliver(client: TestClient, body: bytes, secret: str = "seva-demo-app-secret") -> Any:
    return client.post(PATH, content=body, headers={HEADER: sign(body, secret)})


def waiting(client: TestClient) -> int:
    inbox = client.app.state.runtime.inbox
    return client.portal.call(inbox.depth).waiting


def test_handshake(client: TestClient) -> None:
    query = {"hub.mode": "subscribe", "hub.challenge": "1158201444"}
    right = client.get(PATH, params={**query, "hub.verify_token": "seva-demo-verify-token"})
    assert (right.status_code, right.text) == (200, "1158201444")
    for wrong in ({"hub.verify_token": "x"}, {}, {"hub.verify_token": "తె"}):
        assert client.get(PATH, params={**query, **wrong}).status_code == 403
    assert client.get(PATH).status_code == 403


@pytest.mark.parametrize("fixture", FIXTURES, ids=lambda path: path.stem)
def test_every_delivery_is_accepted_twice_and_kept_once(client: TestClient, fixture: Path) -> None:
    body = fixture.read_bytes()
    assert deliver(client, body).status_code == 200
    count = waiting(client)
    assert deliver(client, body).status_code == 200
    assert waiting(client) == count


def test_unsigned_delivery_is_refused_and_not_kept(client: TestClient) -> None:
    body = FIXTURES[0].read_bytes()
    for headers in ({}, {HEADER: "sha256=00"}, {HEADER: sign(body, "other")}):
        answer = client.post(PATH, content=body, headers=headers)
        assert answer.status_code == 401
        assert answer.json()["type"] == "/problems/bad-signature"
    assert waiting(client) == 0


def test_signed_nonsense_is_refused(client: TestClient) -> None:
    assert deliver(client, b"not json").status_code == 400
    assert deliver(client, b"[" * 100000).status_code == 400
    assert deliver(client, b"[1]").status_code == 200  # JSON, but nothing in it


def test_huge_delivery_is_refused(client: TestClient) -> None:
    assert deliver(client, b" " * (3 * 1024 * 1024 + 1)).status_code == 413


def test_kept_message_survives_the_server(settings: Settings, engine: FakeUnderstanding) -> None:
    body = json.dumps(json.loads(FIXTURES[0].read_text("utf-8"))).encode()
    with TestClient(create_app(settings, engine, clock=lambda: NOW)) as client:
        deliver(client, body)
        count = waiting(client)
    with TestClient(create_app(settings, engine, clock=lambda: NOW)) as client:
        assert waiting(client) == count == 1


class BrokenInbox:
    async def put(self, messages: Any, statuses: Any = ()) -> int:
        raise OSError("disk full at /secret/path")

    async def depth(self) -> Any:
        raise OSError("disk full")


def test_inbox_down_asks_for_another_delivery(
    settings: Settings, engine: FakeUnderstanding
) -> None:
    app = create_app(settings, engine, inbox=BrokenInbox())  # type: ignore[arg-type]
    with TestClient(app) as client:
        answer = deliver(client, FIXTURES[0].read_bytes())
        assert answer.status_code == 503
        assert "secret" not in answer.text
        assert client.get("/health/ready").status_code == 503
        assert "disk" not in client.get("/health/ready").text
        internal = TestClient(create_internal_app(app.state.runtime), base_url="http://localhost")
        assert internal.get("/health/ready").json()["checks"]["inbox"].startswith("OSError")
        assert internal.get("/metrics").status_code == 200
