"""Webhook, inbox, worker and client against the simulator over real HTTP."""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

from api.app import create_app
from api.demo.simulator.rules import load_rules
from api.demo.simulator.server import create_app as create_simulator
from api.whatsapp.policy import load_policy
from nlu.catalogue import shared_catalogue
from nlu.settings.settings import Settings
from nlu.turn import Button, Reply
from tests.inbox.worker_fakes import (
    FakeEngine,
    rows,
)
from tests.processes import free_port
from tests.served import served
from tests.working import working

CATALOGUE = shared_catalogue(Path("data"))
POLICY = load_policy(Path("data/whatsapp.yml"))
_NUMBERS = itertools.count(919848000001)
"""Every test is another citizen: who writes too much in a minute is told to wait."""


class Answers(FakeEngine):
    """Offers what the text asks for."""

    def __init__(self) -> None:
        super().__init__(answer=self.reply)

    def reply(self, text: str) -> list[Reply]:
        counts = {"buttons": 3, "list": 10, "pages": 12}
        titles = [f"సేవ {number}" for number in range(counts.get(text, 0))]
        if text == "numbers":
            titles = [f"చాలా చాలా పొడవైన పేరు గల సేవ {number}" for number in range(3)]
        buttons = tuple(Button(title, f"/choose{n}") for n, title in enumerate(titles))
        return [Reply(f"echo {text}", buttons)]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    port, bot_port = free_port(), free_port()
    settings = Settings(
        var_dir=tmp_path_factory.mktemp("var"),
        simulator_port=port,
        serve_port=bot_port,
        whatsapp_base_url=f"http://127.0.0.1:{port}",
    )
    rules = load_rules()
    quick = dataclasses.replace(rules.delivery, wait=(0.05, 0.1))
    rules = dataclasses.replace(rules, delivery=quick, sent_after=0.01, delivered_after=0.02)
    engine = Answers()
    app = create_app(settings, engine, catalogue=CATALOGUE)
    simulator = create_simulator(settings, rules)
    with (
        served(app, bot_port),
        served(simulator, port) as url,
        working(settings, engine),
        httpx.Client(base_url=url, trust_env=False) as web,
    ):
        yield SimpleNamespace(web=web, engine=engine, app=app)


class Chat:
    def __init__(self, stage: SimpleNamespace) -> None:
        self.web, self.phone = stage.web, str(next(_NUMBERS))
        self.web.post("/__reset")
        self.web.delete("/__faults")
        self.seen = self.web.get("/__outbox").json()["last"]

    def say(self, count: int = 1, **spec: object) -> list[dict]:
        """The replies to one message, or to several."""
        body = {"citizen": self.phone, **spec}
        if "messages" in spec:
            body = {
                "messages": [{"citizen": self.phone, **m} for m in spec["messages"]],
                "batched": True,
            }
        assert self.web.post("/__inbound", json=body).status_code == 200
        return self.hear(count)

    def hear(self, count: int, wait: float = 10) -> list[dict]:
        query = {"citizen": self.phone, "after": self.seen, "wait": wait, "count": count}
        answer = self.web.get("/__outbox", params=query, timeout=30).json()
        self.seen = answer["last"]
        return answer["citizens"].get(self.phone, [])


@pytest.fixture
def chat(stage: SimpleNamespace) -> Chat:
    return Chat(stage)


def test_text_comes_back(chat: Chat) -> None:
    assert [reply["text"] for reply in chat.say(text="నమస్తే")] == ["echo నమస్తే"]


@pytest.mark.parametrize("kind", ["buttons", "list", "pages"])
def test_options_are_accepted_and_tapped(chat: Chat, kind: str) -> None:
    (reply,) = chat.say(text=kind)
    assert [option["title"] for option in reply["options"]][:3] == ["సేవ 0", "సేవ 1", "సేవ 2"]
    tapped = "button" if kind == "buttons" else "list"
    (reply,) = chat.say(type=tapped, option=reply["options"][1]["id"])
    assert reply["text"] == "echo /choose1"


def test_next_page(chat: Chat) -> None:
    (reply,) = chat.say(text="pages")
    (reply,) = chat.say(type="list", option=reply["options"][-1]["id"])
    assert [option["title"] for option in reply["options"]] == ["సేవ 9", "సేవ 10", "సేవ 11"]


def test_number_is_typed(chat: Chat) -> None:
    (reply,) = chat.say(text="numbers")
    assert reply["options"] == []
    assert chat.say(text="౨")[0]["text"] == "echo /choose1"


def test_burst_keeps_its_order(chat: Chat) -> None:
    replies = chat.say(8, messages=[{"text": f"m{n}"} for n in range(8)])
    assert [reply["text"] for reply in replies] == [f"echo m{n}" for n in range(8)]


def test_statuses_reach_the_outbox(chat: Chat, stage: SimpleNamespace) -> None:
    chat.say(text="hello")
    store = stage.app.state.runtime.inbox
    for _ in range(200):
        states = rows(store, "SELECT state FROM outbox ORDER BY seq DESC LIMIT 1")
        if states[0][0] >= 3:
            break
        threading.Event().wait(0.02)
    else:
        raise AssertionError("no `delivered` came")


def test_forged_tap_is_refused(chat: Chat) -> None:
    chat.say(text="buttons")
    forged = {"option": "/choose9", "title": "x", "message": "wamid.x"}
    (reply,) = chat.say(type="button", **forged)
    assert reply["text"] == CATALOGUE.phrases["old_button"]["te"]


def test_image_reaches_the_dialogue(chat: Chat) -> None:
    (reply,) = chat.say(type="image")
    assert reply["text"] == "echo \U0001f4ce"


def test_citizen_without_a_phone_number(chat: Chat) -> None:
    (reply,) = chat.say(text="hidden", username="lakshmi.k")
    assert reply["text"] == "echo hidden"


@pytest.mark.parametrize(
    "faults",
    [
        {"duplicate": 3},
        {"reorder_statuses": True},
        {"drop_statuses": True},
        {"delay_ms": 50},
        {"send_errors": [{"code": 131016, "times": 1}]},
        {"lost_answers": 1},
    ],
    ids=lambda faults: ",".join(faults),
)
def test_bad_day_neither_loses_nor_doubles(chat: Chat, faults: dict) -> None:
    assert chat.web.patch("/__faults", json=faults).status_code == 200
    replies = chat.say(3, messages=[{"text": f"m{n}"} for n in range(3)])
    assert [reply["text"] for reply in replies] == ["echo m0", "echo m1", "echo m2"]
    assert chat.hear(1, wait=0.6) == []


def test_unsigned_delivery_is_never_answered(chat: Chat) -> None:
    chat.web.patch("/__faults", json={"bad_signature": True})
    chat.web.post("/__inbound", json={"citizen": chat.phone, "text": "forged"})
    assert chat.hear(1, wait=0.5) == []
