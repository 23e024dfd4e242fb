"""Everything between the action server and a citizen's phone, over real HTTP.

Simulator, `seva serve` and worker run in threads; `seva actions` is a process, so that it can be
killed. In place of Rasa a bridge calls the action server as Rasa does.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.app import create_app
from api.demo.simulator.rules import load_rules
from api.demo.simulator.server import create_app as create_simulator
from api.processes import listen
from nlu.action_address import authorization
from nlu.catalogue import load_catalogue
from nlu.settings.settings import Settings
from nlu.turn import Link, Message, Reply, Turned
from tests.confirmed import Confirmed
from tests.inbox.worker_fakes import FakeEngine
from tests.processes import ACTIONS_SECRET, ROOT, free_port
from tests.served import served
from tests.working import working

NOTICES_KEY = "a key for tests"


def _reply(response: dict[str, Any], language: str | None) -> Reply:
    """What an action said, without its buttons."""
    link = (response.get("custom") or {}).get("link")
    return Reply(response["text"], language=language, link=link and Link(**link))


def nonce_of(message: Message) -> str:
    """Hex digits, as the dialogue's own: it goes into paths of departments, where Meta's ids, which
    may have a slash, are not found again."""
    return hashlib.sha256(message.id.encode()).hexdigest()[:12]


class Bridge(FakeEngine):
    """Takes the texts of `orders` as confirmed requests; the language is that of the phone."""

    def __init__(self, action_port: int, orders: Mapping[str, Confirmed]) -> None:
        super().__init__()
        self.orders = orders
        self.languages: dict[str, str] = {}
        self.said: list[tuple[str, str]] = []
        self.now = "te"
        self._url = f"http://127.0.0.1:{action_port}/webhook"

    async def turn(self, message: Message, tracker: str | None = None) -> Turned:
        """Performs an order, echoes anything else."""
        text, citizen = message.text, message.citizen
        self.languages[citizen] = self.now
        self.said.append((citizen, text))
        if text not in self.orders:
            return Turned((Reply(f"echo {text}", language=self.now),))
        call = self.orders[text].call(citizen, self.now, nonce_of(message))
        async with httpx.AsyncClient(trust_env=False) as client:
            own = authorization(ACTIONS_SECRET)
            answer = (await client.post(self._url, json=call, headers=own, timeout=30)).json()
        return Turned(tuple(_reply(one, self.now) for one in answer["responses"]))


class Gate:
    """Between the action server and `/notices`: can take a notice and keep its answer back."""

    def __init__(self, port: int) -> None:
        self.mute = False
        self.passed = 0
        self._url = f"http://127.0.0.1:{port}"
        self.app = Starlette(routes=[Route("/{path:path}", self._pass, methods=["POST"])])

    async def _pass(self, request: Request) -> Response:
        headers = {"Authorization": request.headers["Authorization"]}
        async with httpx.AsyncClient(trust_env=False) as client:
            url, content = self._url + request.url.path, await request.body()
            json = {**headers, "Content-Type": "application/json"}
            answer = await client.post(url, content=content, headers=json)
        if request.url.path == "/notices":
            self.passed += 1
            while self.mute:
                await asyncio.sleep(0.02)
        kind = answer.headers["content-type"]
        return Response(answer.content, answer.status_code, media_type=kind)


@dataclass
class Stage:
    """What a test acts with."""

    folder: Path
    environment: dict[str, str]
    bridge: Bridge
    gate: Gate
    web: httpx.Client
    callbacks: str
    actions_port: int
    process: subprocess.Popen[bytes] | None = None

    def start_actions(self, **settings: str) -> None:
        """`seva actions` until it answers."""
        log = open(self.folder / "actions.log", "ab")  # noqa: SIM115
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nlu.cli", "actions", "--port", str(self.actions_port)],
            cwd=ROOT,
            env={**os.environ, **self.environment, **settings},
            stdout=log,
            stderr=log,
        )
        until(
            lambda: _healthy(f"http://127.0.0.1:{self.actions_port}") and _healthy(self.callbacks)
        )

    def kill_actions(self) -> None:
        """At once, with no chance to finish anything."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def say(self, phone: str, text: str, language: str) -> None:
        """A citizen writes."""
        self.bridge.now = language
        body = {"citizen": phone, "type": "text", "text": text}
        self.web.post("/__inbound", json=body).raise_for_status()

    def phone(self, phone: str, count: int) -> list[dict[str, Any]]:
        """What the phone shows of Seva once there are `count` messages."""
        query: dict[str, str | int] = {"citizen": phone, "count": count, "wait": 20}
        chats = self.web.get("/__outbox", params=query, timeout=30).json()["citizens"]
        return list(chats.get(phone, []))

    def logged(self) -> str:
        """What the action server wrote."""
        return (self.folder / "actions.log").read_text("utf-8", "replace")


def until(true: Any, seconds: float = 240) -> None:
    """Waits for something that other processes do."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def _healthy(url: str) -> bool:
    try:
        found = httpx.get(f"{url}/health", timeout=2, trust_env=False, verify=False)  # no TLS here
        return found.status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def opened(
    folder: Path,
    data: Path,
    orders: Mapping[str, Confirmed],
    departments: Mapping[str, str],
    bridge_of: type[Bridge] = Bridge,
) -> Iterator[Stage]:
    """All but `seva actions`. `departments`: the environment that leads to them; `bridge_of` stands
    in for Rasa."""
    ports = {
        name: free_port()
        for name in ("simulator", "serve", "inside", "actions", "callbacks", "gate")
    }
    settings = Settings(
        var_dir=folder / "var",
        data_dir=data,
        simulator_port=ports["simulator"],
        serve_port=ports["serve"],
        whatsapp_base_url=f"http://127.0.0.1:{ports['simulator']}",
        notices_key=NOTICES_KEY,
    )
    rules = load_rules()
    quick = replace(rules.delivery, wait=(0.05, 0.1))
    rules = replace(rules, delivery=quick, sent_after=0.01, delivered_after=0.02)
    bridge = bridge_of(ports["actions"], orders)
    gate = Gate(ports["inside"])
    inside = listen("127.0.0.1", ports["inside"])
    app = create_app(settings, bridge, catalogue=load_catalogue(data), internal=inside)
    with ExitStack() as open_:
        open_.enter_context(served(app, ports["serve"]))
        url = open_.enter_context(served(create_simulator(settings, rules), ports["simulator"]))
        notices = open_.enter_context(served(gate.app, ports["gate"]))
        open_.enter_context(working(settings, bridge))
        web = open_.enter_context(httpx.Client(base_url=url, trust_env=False))
        environment = {
            "SEVA_VAR_DIR": str(folder / "var"),
            "SEVA_DATA_DIR": str(data),
            "SEVA_ACTIONS_SECRET": ACTIONS_SECRET,
            "SEVA_ACTIONS_METRICS_PORT": "0",
            "SEVA_CALLBACKS_PORT": str(ports["callbacks"]),
            "SEVA_NOTICES_URL": f"{notices}/notices",
            "SEVA_NOTICES_KEY": NOTICES_KEY,
            "SEVA_SETTLE_SECONDS": "0.1",
            **departments,
        }
        callbacks = f"http://127.0.0.1:{ports['callbacks']}"
        stage = Stage(folder, environment, bridge, gate, web, callbacks, ports["actions"])
        try:
            yield stage
        finally:
            gate.mute = False
            if stage.process is not None and stage.process.poll() is None:
                stage.process.terminate()
                assert stage.process.wait(90) == 0, stage.logged()
