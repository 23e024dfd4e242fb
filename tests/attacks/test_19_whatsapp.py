"""Deliveries that are not for us or not of now, and files from elsewhere (finding 19)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.testclient import TestClient

from api.app import create_app, create_internal_app
from api.whatsapp.client import WhatsAppClient
from api.whatsapp.payload import HEADER, sign
from api.whatsapp.policy import load_policy
from api.whatsapp.sender import MediaRejected
from nlu.settings.settings import Settings
from nlu.turn import Media
from tests.api.api_fakes import FakeSpeech, FakeUnderstanding
from tests.api.conftest import CATALOGUE

POLICY = load_policy(Path("data/whatsapp.yml"))
NUMBER = Settings().whatsapp_phone_number_id
NOW = 1795603300
DAY = 86400
GRAPH = "https://graph.facebook.com"


class Clock:
    """Tells the time that a test sets."""

    now = float(NOW)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(tmp_path: Path, clock: Clock) -> Iterator[TestClient]:
    settings = Settings(var_dir=tmp_path, models_dir=tmp_path)
    fakes = FakeUnderstanding(), FakeSpeech()
    with TestClient(create_app(settings, *fakes, catalogue=CATALOGUE, clock=clock)) as client:
        yield client


def delivery(*messages: dict[str, Any], number: str = NUMBER, **value: Any) -> bytes:
    """As Meta sends it."""
    content = {"metadata": {"phone_number_id": number}, "messages": list(messages), **value}
    change = {"field": "messages", "value": content}
    whole = {"object": "whatsapp_business_account", "entry": [{"changes": [change]}]}
    return json.dumps(whole).encode()


def text(name: str, timestamp: Any = NOW) -> dict[str, Any]:
    return {
        **{"id": name, "from": "919000000001", "type": "text", "text": {"body": "x"}},
        **({} if timestamp is None else {"timestamp": str(timestamp)}),
    }


def deliver(client: TestClient, body: bytes) -> None:
    """Whatever is in it, WhatsApp must not deliver it again."""
    signed = {HEADER: sign(body, "seva-demo-app-secret")}
    answer = client.post("/webhooks/whatsapp", content=body, headers=signed)
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def kept(client: TestClient) -> list[Any]:
    inbox = client.app.state.runtime.inbox  # type: ignore[attr-defined]
    claims = client.portal.call(inbox.claim, "w", 99)  # type: ignore[union-attr]
    return [claim.message for claim in claims]


def metrics(client: TestClient) -> str:
    app = create_internal_app(client.app.state.runtime)  # type: ignore[attr-defined]
    return TestClient(app, base_url="http://localhost").get("/metrics").text


def test_a_message_to_another_number_is_dropped_and_counted(client: TestClient) -> None:
    deliver(client, delivery(text("w1"), text("w2"), number="SOMEONE-ELSE"))
    assert kept(client) == []
    assert 'seva_refused_total{reason="foreign_number"} 2.0' in metrics(client)


def test_a_status_for_another_number_is_dropped(client: TestClient) -> None:
    status = {"id": "m", "status": "delivered", "timestamp": str(NOW)}
    deliver(client, delivery(number="SOMEONE-ELSE", statuses=[status]))
    deliver(client, delivery(statuses=[status]))
    assert 'seva_statuses_total{state="delivered"} 1.0' in metrics(client)


@pytest.mark.parametrize(("age", "count"), [(0, 1), (7 * DAY - 60, 1), (7 * DAY + 60, 0)])
def test_a_message_older_than_seven_days_is_dropped(
    client: TestClient, age: int, count: int
) -> None:
    deliver(client, delivery(text("w1", NOW - age)))
    assert len(kept(client)) == count
    assert (count == 0) == ('reason="too_old"' in metrics(client))


def test_a_recorded_delivery_is_not_new_when_its_id_is_forgotten(
    client: TestClient, clock: Clock
) -> None:
    body = delivery(text("w1"))
    deliver(client, body)
    inbox = client.app.state.runtime.inbox  # type: ignore[attr-defined]
    (claim,) = client.portal.call(inbox.claim, "w", 1)  # type: ignore[union-attr]
    client.portal.call(inbox.ack, claim)  # type: ignore[union-attr]
    client.portal.call(inbox.purge, 0, 0)  # type: ignore[union-attr]
    clock.now += 15 * DAY
    deliver(client, body)
    assert kept(client) == []


@pytest.mark.parametrize("timestamp", [NOW + 10 * DAY, None, "soon", -5])
def test_a_message_without_a_time_or_from_the_future_came_now(
    client: TestClient, timestamp: Any
) -> None:
    """Order goes by these times: none may stay ahead of all others."""
    deliver(client, delivery(text("w1", timestamp)))
    (message,) = kept(client)
    assert message.timestamp == NOW


def test_a_clock_that_is_a_little_ahead_keeps_its_order(client: TestClient) -> None:
    deliver(client, delivery(text("w1", NOW + 2)))
    (message,) = kept(client)
    assert message.timestamp == NOW + 2


def whatsapp(base: str, url: str, seen: list[httpx.Request]) -> WhatsAppClient:
    """A client of a WhatsApp that says the file is at `url`."""

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        if request.url.path.endswith("/M1"):
            return httpx.Response(200, json={"url": url, "file_size": 3})
        if request.url.path.endswith("/moved"):
            return httpx.Response(302, headers={"Location": "https://evil.example/x"})
        return httpx.Response(200, content=b"abc")

    settings = Settings(whatsapp_base_url=base)
    return WhatsAppClient(settings, POLICY, httpx.MockTransport(answer))


@pytest.mark.parametrize(
    ("base", "url"),
    [
        (GRAPH, "https://lookaside.fbsbx.com/whatsapp/x"),
        (GRAPH, "https://lookaside.fbsbx.com:443/x"),
        (GRAPH, "https://graph.facebook.com/x"),
        ("http://127.0.0.1:8785", "http://127.0.0.1:8785/files/x"),
    ],
)
async def test_files_come_from_where_they_may(base: str, url: str) -> None:
    seen: list[httpx.Request] = []
    assert await whatsapp(base, url, seen).download(Media("M1"), 100) == b"abc"
    assert seen[1].headers["authorization"].startswith("Bearer ")


@pytest.mark.parametrize(
    ("base", "url"),
    [
        (GRAPH, "http://lookaside.fbsbx.com/x"),
        (GRAPH, "http://lookaside.fbsbx.com:8080/x"),
        (GRAPH, "https://lookaside.fbsbx.com:8443/x"),
        (GRAPH, "http://graph.facebook.com/x"),
        (GRAPH, "https://evil.example/x"),
        (GRAPH, "https://lookaside.fbsbx.com.evil.example/x"),
        (GRAPH, "https://lookaside.fbsbx.com@evil.example/x"),
        (GRAPH, "https://user:pass@lookaside.fbsbx.com/x"),
        (GRAPH, "https://evil.example\\@lookaside.fbsbx.com/x"),
        (GRAPH, "https://evil.example#@lookaside.fbsbx.com/x"),
        (GRAPH, "//lookaside.fbsbx.com/x"),
        (GRAPH, "ftp://lookaside.fbsbx.com/x"),
        (GRAPH, "https://"),
        (GRAPH, ""),
        ("http://127.0.0.1:8785", "http://127.0.0.1:8786/x"),
        ("http://127.0.0.1:8785", "http://127.0.0.1/x"),
        ("http://127.0.0.1:8785", "https://127.0.0.1:8785/x"),
        ("http://127.0.0.1:8785", "http://lookaside.fbsbx.com/x"),
    ],
)
async def test_the_token_goes_nowhere_else(base: str, url: str) -> None:
    seen: list[httpx.Request] = []
    with pytest.raises(MediaRejected):
        await whatsapp(base, url, seen).download(Media("M1"), 100)
    assert len(seen) == 1


async def test_the_token_follows_no_redirect() -> None:
    seen: list[httpx.Request] = []
    client = whatsapp(GRAPH, "https://lookaside.fbsbx.com/moved", seen)
    with pytest.raises((MediaRejected, httpx.HTTPStatusError)):
        await client.download(Media("M1"), 100)
    assert {request.url.host for request in seen} == {"graph.facebook.com", "lookaside.fbsbx.com"}


@pytest.mark.parametrize("media_id", ["../../me", "M1?fields=x", "M1/../me"])
async def test_a_media_id_is_no_path(media_id: str) -> None:
    paths: list[bytes] = []

    def answer(request: httpx.Request) -> httpx.Response:
        paths.append(request.url.raw_path)
        return httpx.Response(404)

    client = WhatsAppClient(Settings(), POLICY, httpx.MockTransport(answer))
    with pytest.raises(Exception):  # noqa: B017  (what a 404 means is not the matter here)
        await client.download(Media(media_id), 100)
    (path,) = paths
    assert path.count(b"/") == 2 and b"?" not in path
