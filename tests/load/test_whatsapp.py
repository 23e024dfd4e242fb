"""The WhatsApp of `seva load`: what it owes it tells before it goes."""

from __future__ import annotations

import asyncio

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.load.plan import load_manner
from api.load.whatsapp import WhatsApp
from nlu.settings.settings import Settings
from tests.served import served


def test_every_status_is_told() -> None:
    told: list[str] = []

    async def webhook(request: Request) -> Response:
        await asyncio.sleep(0.2)  # a deployment that has much to do
        (entry,) = (await request.json())["entry"]
        told.extend(one["status"] for one in entry["changes"][0]["value"]["statuses"])
        return Response()

    async def talk(address: str) -> None:
        phone = WhatsApp(f"{address}/hook", Settings(), load_manner(), lambda *heard: None)
        telling = asyncio.create_task(phone.tell())
        transport = httpx.ASGITransport(phone.app)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://load") as client:
            for number in range(60):
                body = {"type": "text", "to": f"9198480{number:05d}", "text": {"body": "hello"}}
                sent = await client.post(
                    f"/{Settings().whatsapp_graph_version}/1/messages", json=body
                )
                assert sent.status_code == 200, sent.text
        await asyncio.wait_for(phone.told_all(), 30)
        telling.cancel()
        await phone.close()

    with served(Starlette(routes=[Route("/hook", webhook, methods=["POST"])])) as address:
        asyncio.run(talk(address))
    assert told.count("sent") == told.count("delivered") == 60
