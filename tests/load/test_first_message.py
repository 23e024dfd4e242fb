"""A deployment whose replies do not come here is not driven: the first message shows it."""

from __future__ import annotations

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.load import run as module
from api.load.plan import Plan, load_manner
from api.load.run import Driver, NotThisWay, listen
from api.load.words import Words
from nlu.settings.settings import Settings
from tests.served import served

PLAN = Plan(rate=5, citizens=20, seconds=1, ramp=0, burst=1, keys=("en",), patience=1, seed=1)
WORDS = Words({"en": [["pay my bill"]]}, [])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("status", "told"),
    [(200, "nothing came here"), (401, r"the webhook refuses deliveries \(401\)")],
)
async def test_it_says_where_replies_must_lead(
    monkeypatch: pytest.MonkeyPatch, status: int, told: str
) -> None:
    monkeypatch.setattr(module, "_FIRST_S", 0.5)
    came: list[bytes] = []

    async def webhook(request: Request) -> Response:
        if request.method == "GET":
            return PlainTextResponse(request.query_params["hub.challenge"])
        came.append(await request.body())
        return PlainTextResponse("", status)

    app = Starlette(routes=[Route("/w", webhook, methods=["GET", "POST"])])
    listener = listen("127.0.0.1", 0)
    port = listener.getsockname()[1]
    with served(app) as url:
        driver = Driver(PLAN, load_manner(), WORDS, f"{url}/w", Settings(), listener)
        with pytest.raises(NotThisWay, match=told) as found:
            await driver.drive(asyncio.Event(), lambda run: None)
    assert f"SEVA_WHATSAPP_BASE_URL=http://127.0.0.1:{port}" in str(found.value)
    assert came and not driver.run.ledger.sent
