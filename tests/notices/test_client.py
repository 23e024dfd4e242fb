"""The action server's client and the real `/notices`, without a network between them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.news.client import NoticesClient
from actions.news.notices import NoticeRefused, UnknownCitizen
from api.app import create_app, create_internal_app
from api.inbox.payloads import read_reply
from nlu.catalogue import Catalogue
from nlu.settings.settings import Settings
from nlu.turn import Button, Document, Notice
from tests.api.api_fakes import FakeSpeech, FakeUnderstanding
from tests.inbox.worker_fakes import (
    PHONE_ID,
    Clock,
    message,
    open_store,
    rows,
)

LANE = f"{PHONE_ID}:IN.1"
NOTICE = Notice(
    "late-1",
    LANE,
    "te",
    "భూమి కొలత",
    "కొలిచారు.",
    (Button("మళ్లీ", "/restart"),),
    Document("https://x.example/1.pdf", "1.pdf"),
)


@pytest.fixture
async def server(tmp_path: Path, catalogue: Catalogue) -> AsyncIterator[Any]:
    """The application of `seva serve` over an inbox with one citizen."""
    inbox = open_store(tmp_path / "inbox.sqlite", Clock())
    await inbox.put([message(1)])
    settings = Settings(var_dir=tmp_path, notices_key="right")
    app = create_app(settings, FakeUnderstanding(), FakeSpeech(), inbox, catalogue=catalogue)
    yield create_internal_app(app.state.runtime)
    await inbox.close()


def client(server: Any, key: str = "right", path: str = "/notices") -> NoticesClient:
    return NoticesClient(f"http://localhost{path}", key, httpx.ASGITransport(server))


async def test_notice_reaches_the_outbox_once(server: Any) -> None:
    notices = client(server)
    for _ in range(2):
        await notices(NOTICE)
    inbox = server.state.runtime.inbox
    found = rows(inbox, "SELECT body FROM outbox WHERE step >= 0 ORDER BY step")
    document, buttons = (json.loads(read_reply(row[0]).to_json()) for row in found)
    assert (document["document_url"], document["filename"]) == ("https://x.example/1.pdf", "1.pdf")
    assert "కొలిచారు." in buttons["text"] and buttons["options"][0]["title"] == "మళ్లీ"
    assert await inbox.choice(LANE, buttons["options"][0]["id"]) == "/restart"


async def test_language_of_a_citizen(server: Any) -> None:
    assert await client(server).language_of(LANE) is None
    inbox = server.state.runtime.inbox
    (claim,) = await inbox.claim("w")
    await inbox.ack(claim, language="hi")
    assert await client(server).language_of(LANE) == "hi"


async def test_citizen_who_never_wrote_is_told_apart(server: Any) -> None:
    with pytest.raises(UnknownCitizen):
        await client(server)(replace(NOTICE, citizen="109:IN.9"))
    with pytest.raises(UnknownCitizen):
        await client(server).language_of("109:IN.9")


@pytest.mark.parametrize(
    ("key", "path"), [("wrong", "/notices"), ("right", "/elsewhere")], ids=["key", "address"]
)
async def test_wrong_setting_refuses_and_loses_nothing(server: Any, key: str, path: str) -> None:
    with pytest.raises(NoticeRefused) as refused:
        await client(server, key, path)(NOTICE)
    assert not isinstance(refused.value, UnknownCitizen)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(503, json={"type": "/problems/inbox-unavailable"}),
        httpx.Response(200, text="<html>a proxy</html>"),
        httpx.Response(202, json=[1]),
        httpx.ConnectError("nobody there"),
        httpx.ReadTimeout("silence"),
    ],
    ids=lambda answer: getattr(answer, "text", None) or type(answer).__name__,
)
async def test_trouble_on_the_way_refuses(answer: Any) -> None:
    def handle(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer  # type: ignore[no-any-return]

    notices = NoticesClient("http://seva/notices", "k", httpx.MockTransport(handle))
    with pytest.raises(NoticeRefused):
        await notices(NOTICE)
