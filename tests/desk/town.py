"""A citizen's phone and an officer's console, over real HTTP between their processes.

Simulator, `seva serve`, worker and console run in threads; `seva actions` is a process that is
killed. In place of Rasa's model a bridge says what each message means.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.citizens.handover import FILE, Handovers
from api.console.app import create_app
from api.console.areas import AREAS
from api.console.runtime import Console
from nlu.action_address import authorization
from nlu.settings.settings import ConsoleSettings
from nlu.storage.tables import file_url
from nlu.turn import Message, Reply, Turned, read_payload
from tests.console.conftest import Clock, House, Person
from tests.notices.stage import Bridge, Stage, nonce_of, opened
from tests.processes import ACTIONS_SECRET, ROOT, free_port
from tests.served import served

PHONE = "919848012345"
WANTS_A_PERSON = "a person please"


class TalkBridge(Bridge):
    """Hands each message to the action server as Rasa does, with the state of before."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.states: dict[str, Any] = {}

    async def turn(self, message: Message, tracker: str | None = None) -> Turned:
        """The replies of the action server; texts of `orders` are confirmed requests."""
        call = self._ordered(message) or self._call(message)
        async with httpx.AsyncClient(trust_env=False) as client:
            own = authorization(ACTIONS_SECRET)
            answer = (await client.post(self._url, json=call, headers=own, timeout=30)).json()
        for event in answer["events"]:
            self.states[message.citizen] = event["value"]
        replies = [{"text": "", **one, **one["custom"]} for one in answer["responses"]]
        return Turned(tuple(Reply.from_json({"text": "", **_lean(one)}) for one in replies))

    def _ordered(self, message: Message) -> dict[str, Any] | None:
        order = self.orders.get(message.text)
        if order is None:
            return None
        call = order.call(message.citizen, self.now, nonce_of(message))
        event = call["tracker"]["events"][0]
        event["metadata"] = {**event["metadata"], "id": message.id}
        return call

    def _call(self, message: Message) -> dict[str, Any]:
        intent, data = read_payload(message.text) if message.tapped else ("", {})
        parsed: dict[str, Any] = {
            "text": message.text,
            "intent": {"name": intent or "talk_to_person", "confidence": 1.0},
            "entities": [{"entity": name, "value": value} for name, value in data.items()],
            "language": {"key": self.now, "confidence": 1.0},
            "decision": {
                "kind": "conversation" if message.text == WANTS_A_PERSON else "out_of_scope"
            },
        }
        said = {
            "event": "user",
            "timestamp": time.time(),
            "message_id": message.id,
            "metadata": message.metadata(),
            "parse_data": parsed,
        }
        slots = {"state": self.states.get(message.citizen, {"language": self.now})}
        tracker = {"sender_id": message.citizen, "slots": slots, "events": [said]}
        return {"next_action": "action_turn", "sender_id": message.citizen, "tracker": tracker}


def _lean(reply: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in reply.items() if value}


@dataclass
class Town:
    """A phone, the officers' browsers, and the processes between them."""

    stage: Stage
    house: House
    officers: dict[str, Person] = field(default_factory=dict)

    def officer(self, name: str, *departments: str) -> Person:
        if name not in self.officers:
            self.officers[name] = self.house.person(name, "officer", departments=departments)
        return self.officers[name]

    def texts(self, count: int) -> list[str]:
        """What the phone shows once there are so many messages."""
        return [message["text"] for message in self.stage.phone(PHONE, count)]

    def say(self, text: str, language: str = "en") -> None:
        self.stage.say(PHONE, text, language)

    @property
    def handovers(self) -> Handovers:
        return Handovers(file_url(self.stage.folder / "var" / FILE))


class Office(House):
    """A console that listens, and browsers that reach it by HTTP."""

    def stranger(self, **more: Any) -> Person:
        """Somebody with an own browser, not signed in."""
        address = self.console.settings.console_address
        client = httpx.Client(base_url=address, follow_redirects=True, trust_env=False, timeout=60)
        return Person(client)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with built(tmp_path_factory.mktemp("town"), ROOT / "data", {}) as town:
        yield town


@contextmanager
def built(folder: Path, data: Path, departments: Mapping[str, str]) -> Iterator[Town]:
    """All of a town. `departments`: the environment that leads to them."""
    port, there = free_port(), opened(folder, data, {}, departments, TalkBridge)
    with there as stage, pytest.MonkeyPatch.context() as patch:
        stage.start_actions()
        patch.setenv("SEVA_VAR_DIR", str(folder / "var"))
        patch.setenv("SEVA_CONSOLE_PORT", str(port))
        patch.setenv("SEVA_ACTION_SERVER_URL", f"http://127.0.0.1:{stage.actions_port}")
        patch.setenv("SEVA_ACTIONS_SECRET", ACTIONS_SECRET)
        clock = Clock()
        console = Console.open(ConsoleSettings.read(), AREAS, clock)
        app = create_app(console)
        with served(app, port):
            yield Town(stage, Office(console, clock, app, None))  # type: ignore[arg-type]
