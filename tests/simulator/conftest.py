"""One simulator and one bot for the folder; each test starts with a clean table."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from types import SimpleNamespace

import httpx
import pytest

from api.demo.simulator.rules import load_rules
from api.demo.simulator.server import create_app
from nlu.settings.settings import Settings
from tests.processes import free_port
from tests.served import served
from tests.simulator.bot import RecordingBot, wait_for

PHONE = "919848012345"


@pytest.fixture(scope="module")
def stage() -> Iterator[SimpleNamespace]:
    port, bot_port = free_port(), free_port()
    settings = Settings(
        simulator_port=port,
        serve_port=bot_port,
        whatsapp_app_secret="a secret",
        whatsapp_access_token="a token",
    )
    rules = load_rules()
    quick = dataclasses.replace(rules.delivery, wait=(0.05, 0.1), timeout=2.0)
    rules = dataclasses.replace(rules, delivery=quick, sent_after=0.01, delivered_after=0.02)
    bot = RecordingBot("a secret", settings.whatsapp_verify_token)
    with served(bot.app, bot_port), served(create_app(settings, rules), port) as url:
        number = settings.whatsapp_phone_number_id
        yield SimpleNamespace(url=url, bot=bot, settings=settings, rules=rules, number=number)


@pytest.fixture
def web(stage: SimpleNamespace) -> Iterator[httpx.Client]:
    """Calls of the page and of tests."""
    with httpx.Client(base_url=stage.url) as client:
        client.post("/__reset")
        wait_for(lambda: client.get("/__wire").json()["pending"] == 0)
        stage.bot.clear()
        yield client


@pytest.fixture
def graph(stage: SimpleNamespace, web: httpx.Client) -> Iterator[httpx.Client]:
    """Calls of the bot; the citizen has written, so that the window is open."""
    web.post("/__inbound", json={"citizen": PHONE, "text": "నమస్తే"})
    wait_for(lambda: stage.bot.values("messages"))
    stage.bot.clear()
    headers = {"Authorization": "Bearer a token"}
    with httpx.Client(base_url=f"{stage.url}/v25.0", headers=headers) as client:
        yield client


@pytest.fixture
def send(stage: SimpleNamespace, graph: httpx.Client):
    """Sends a message of the bot; returns the HTTP answer."""

    def send(kind: str = "text", body: object = None, **extra: object) -> httpx.Response:
        message = {"messaging_product": "whatsapp", "to": PHONE, "type": kind}
        message[kind] = {"body": "హలో"} if body is None else body
        return graph.post(f"/{stage.number}/messages", json={**message, **extra})

    return send
