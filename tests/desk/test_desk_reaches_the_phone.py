"""A citizen's phone and an officer's console, over real HTTP between their processes.

Simulator, `seva serve`, worker and console run in threads; `seva actions` is a process that is
killed. In place of Rasa's model a bridge says what each message means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from actions.citizens.handover import FILE, Handovers
from api.console.app import create_app
from api.console.areas import AREAS
from api.console.runtime import Console
from nlu.action_address import GENERAL, authorization
from nlu.settings.settings import ConsoleSettings
from nlu.storage.tables import file_url
from nlu.turn import Message, Reply, Turned, read_payload
from tests.console.conftest import Clock, House, Person
from tests.notices.stage import Bridge, Stage, opened, until
from tests.processes import ACTIONS_SECRET, ROOT, free_port
from tests.served import served

pytestmark = pytest.mark.slow  # several servers and a process that is killed
PHONE = "919848012345"
WANTS_A_PERSON = "a person please"
_NAME = re.compile(r'id="say-id" name="id" value="([0-9a-f]+)"')


class TalkBridge(Bridge):
    """Hands each message to the action server as Rasa does, with the state of before."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self.states: dict[str, Any] = {}

    async def turn(self, message: Message, tracker: str | None = None) -> Turned:
        """The replies of the action server."""
        call = self._call(message)
        async with httpx.AsyncClient(trust_env=False) as client:
            own = authorization(ACTIONS_SECRET)
            answer = (await client.post(self._url, json=call, headers=own, timeout=30)).json()
        for event in answer["events"]:
            self.states[message.citizen] = event["value"]
        replies = [{"text": "", **one, **one["custom"]} for one in answer["responses"]]
        return Turned(tuple(Reply.from_json(_lean(one)) for one in replies))

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
            "timestamp": 0.0,
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
class Desk:
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

    def say(self, text: str) -> None:
        self.stage.say(PHONE, text, "en")

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
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder, port = tmp_path_factory.mktemp("desk"), free_port()
    there = opened(folder, ROOT / "data", {}, {}, TalkBridge)
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
            yield Desk(stage, Office(console, clock, app, None))  # type: ignore[arg-type]


def test_claimed_talked_passed_on_closed_and_rated(desk: Desk) -> None:
    """The whole life of a request. The action server dies in the middle of the talk."""
    lakshmi = desk.officer("Lakshmi", GENERAL)
    ravi = desk.officer("Ravi", "energy")
    desk.say(WANTS_A_PERSON)
    number = re.findall(r"\*(\d{6})\*", "\n".join(desk.texts(2)))[0]
    seen = len(desk.texts(2))

    assert number in lakshmi.get("/desk").text and number not in ravi.get("/desk").text
    assert ravi.get(f"/desk/{number}").status_code == 404
    at = f"/desk/{number}"
    assert lakshmi.send(f"{at}/claim").status_code == 200
    told = desk.texts(seen + 1)[-1]
    assert "You are now talking to a person of *Seva help desk*" in told

    # The citizen writes; nothing is answered, and the officer reads it without the number.
    desk.say("my number is 9848012345, please <b>hurry</b>")
    until(lambda: "hurry" in lakshmi.get(f"{at}/talk?since=0&poll=1").text)
    page = lakshmi.get(at).text
    assert "XXXXXX2345" in page and "9848012345" not in page and "<b>hurry" not in page
    assert "109" + ":" not in page, "the lane is not shown"
    assert "WhatsApp takes your words until" in page

    # An answer while the action server is gone: the words stay, and go once when it is back.
    desk.stage.kill_actions()
    name = _NAME.search(page)
    assert name
    failed = lakshmi.send(f"{at}/say", text="I look into it", id=name[1])
    assert failed.status_code == 503
    assert "I look into it" in failed.text and name[1] in failed.text
    assert lakshmi.get("/desk").status_code == 503
    desk.stage.start_actions()
    for _ in range(2):
        assert lakshmi.send(f"{at}/say", text="I look into it", id=name[1]).status_code == 200
    until(lambda: desk.handovers.talk.unsent() == [])
    texts = desk.texts(seen + 2)
    assert len(texts) == seen + 2 and texts[-1].endswith("I look into it")

    # To another department, and back to nobody's.
    assert lakshmi.send(f"{at}/transfer", department="energy", note="a wire").status_code == 200
    assert lakshmi.get(at).status_code == 404
    assert "Energy" in desk.texts(seen + 3)[-1]
    assert ravi.send(f"{at}/claim").status_code == 200 and "a wire" in ravi.get(at).text
    assert ravi.send(f"{at}/close", reason="done").status_code == 200
    last = desk.stage.phone(PHONE, seen + 5)[-1]
    assert "How was the help" in last["text"]
    body = {"citizen": PHONE, "type": "button", "title": "😊 Good"}
    desk.stage.web.post("/__inbound", json=body).raise_for_status()
    assert "Thank you" in desk.texts(seen + 6)[-1]
    assert desk.handovers.case(number).rating == 3
    assert "good" in ravi.get("/desk?state=closed").text

    # The bot speaks again, and what was done is in the audit, without a word of the citizen.
    desk.say("what now")
    assert len(desk.texts(seen + 7)) == seen + 7
    deeds = desk.house.console.audit.latest(50, None)
    acts = [deed.act for deed in deeds][::-1]
    assert [act for act in acts if act.startswith("desk.")] == [
        *("desk.claim", "desk.say", "desk.say", "desk.transfer", "desk.claim", "desk.close"),
    ]
    assert "hurry" not in str(deeds) and "I look" not in str(deeds)
    assert "hurry" not in desk.stage.logged() and "9848012345" not in desk.stage.logged()
