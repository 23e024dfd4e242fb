"""WhatsApp's book survives a kill: nothing booked is forgotten, no half line is believed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from benchmarks.upheaval.book import Book, BookReader, send_of
from benchmarks.upheaval.whatsapp import WhatsApp
from nlu.settings.settings import Settings
from tests.served import served

MESSAGE = {
    "to": "919800000001",
    "type": "interactive",
    "interactive": {
        "body": {"text": "Shall I go ahead?"},
        "action": {"buttons": [{"type": "reply", "reply": {"id": "b1", "title": "Yes"}}]},
    },
    "biz_opaque_callback_data": "m1:0",
}


def test_half_a_line_is_taken_away_when_the_book_is_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "book.jsonl"
    Book(path).add({"k": "read", "id": "m1"})
    with open(path, "ab") as file:
        file.write(b'{"k": "rea')
    Book(path).add({"k": "read", "id": "m2"})
    assert [line["id"] for line in BookReader(path).lines()] == ["m1", "m2"]


def test_reader_waits_for_the_end_of_a_line(tmp_path: Path) -> None:
    path, line = tmp_path / "book.jsonl", json.dumps({"k": "read", "id": "ఒకటి"}, ensure_ascii=False)
    reader = BookReader(path)
    assert reader.lines() == []
    half = len(line.encode()) - 4
    path.write_bytes(line.encode()[:half])
    assert reader.lines() == []
    with open(path, "ab") as file:
        file.write(line.encode()[half:] + b"\n")
    assert [one["id"] for one in reader.lines()] == ["ఒకటి"]
    assert reader.lines() == []


async def sent(app: Starlette, base: str = "http://whatsapp") -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=base) as client:
        return await client.post("/v25.0/1/messages", json=MESSAGE)


async def test_send_is_in_the_book_before_it_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "book.jsonl"
    answer = await sent(WhatsApp(path, "http://nowhere", 0, 0, Settings()).app)
    (line,) = BookReader(path).lines()
    booked = send_of(line)
    assert answer.json()["messages"] == [{"id": booked.id}]
    assert (booked.answers, booked.step, booked.citizen) == ("m1", 0, "919800000001")
    assert booked.text == "Shall I go ahead?"
    assert [option.title for option in booked.options] == ["Yes"]


@pytest.mark.slow
async def test_statuses_of_an_earlier_life_are_told_until_they_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "book.jsonl"
    await sent(WhatsApp(path, "http://nowhere", 0, 0, Settings()).app)
    told: list[dict] = []

    async def webhook(request: Request) -> Response:
        told.append(json.loads(await request.body()))
        return JSONResponse({}, 503 if len(told) == 1 else 200)

    hook = Starlette(routes=[Route("/hook", webhook, methods=["POST"])])
    with served(hook) as base, served(WhatsApp(path, f"{base}/hook", 0, 0, Settings()).app):
        for _ in range(100):
            await asyncio.sleep(0.1)
            if any(line["k"] == "told" for line in BookReader(path).lines()):
                break
    assert len(told) == 2
    statuses = told[-1]["entry"][0]["changes"][0]["value"]["statuses"]
    assert {one["status"] for one in statuses} == {"sent", "delivered"}
    assert {one["biz_opaque_callback_data"] for one in statuses} == {"m1:0"}
