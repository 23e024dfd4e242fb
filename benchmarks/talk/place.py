"""Where the talks take place: Rasa in this process, sandbox and action server as processes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from actions.dialogue.settings import load_settings
from benchmarks.machine import free_port
from benchmarks.talk.conversations import Conversations
from benchmarks.talk.data import DATA, ROOT, UNLIMITED, data_folder
from benchmarks.talk.letterbox import Letterbox, letterbox
from nlu.action_address import ActionAddress
from nlu.catalogue import Catalogue, load_catalogue
from nlu.engine.action_endpoint import ActionEndpoint, thin
from nlu.engine.rasa_engine import Engine
from nlu.registry import live_release
from nlu.turn import Message, Reply

_START_S = 120.0
ACTIONS_SECRET = "of-the-talks"  # over TCP, for which the port may change with each start
_FRESH = httpx.Limits(max_keepalive_connections=0)  # kept ones may be closed as they are used


@dataclass(frozen=True)
class Write:
    """One write in a department's books."""

    operation: str
    key: str
    reference: str


class Server:
    """`seva COMMAND` on a port of its own; it may be killed and started again."""

    def __init__(self, command: str, ready: str, environment: Mapping[str, str], log: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._ready, self._log = self.url + ready, log
        self._command = [sys.executable, "-m", "nlu.cli", command, "--port", str(self.port)]
        self._environment = {**os.environ, **environment}
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        """Until it answers. Raises RuntimeError with its log."""
        with open(self._log, "ab") as out:
            self._process = subprocess.Popen(
                self._command, cwd=ROOT, env=self._environment, stdout=out, stderr=out
            )
        until = time.monotonic() + _START_S
        async with httpx.AsyncClient(trust_env=False, timeout=2) as client:
            while self._process.poll() is None and time.monotonic() < until:
                try:
                    if (await client.get(self._ready)).status_code == 200:
                        return
                except httpx.HTTPError:
                    await asyncio.sleep(0.1)
        raise RuntimeError(f"{self._command} did not start:\n{self._log.read_text('utf-8')}")

    @property
    def pid(self) -> int:
        """Of the process that runs. Raises RuntimeError where there is none."""
        if self._process is None:
            raise RuntimeError(f"{self._command} was not started")
        return self._process.pid

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Until it is gone; SIGKILL leaves it no time for anything."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(20)


class Counted(ActionEndpoint):
    """Remembers the length in bytes of each call until somebody empties `sent`."""

    def __init__(self, address: ActionAddress, secret: str) -> None:
        super().__init__(address, secret)
        self.sent: list[int] = []

    async def request(self, **call: Any) -> Any:
        """The call."""
        self.sent.append(len(json.dumps(thin(call["json"]), ensure_ascii=False).encode()))
        return await super().request(**call)


@dataclass
class Place:
    """The engine, the departments' books and faults, and the action server."""

    catalogue: Catalogue
    engine: Engine
    endpoint: Counted
    talks: Conversations
    sandbox: str
    actions: Server
    client: httpx.AsyncClient
    letters: Letterbox
    working_seconds: float
    """A citizen who waits longer for a department is told so."""
    deaths: int = 0
    """How often the action server was killed."""
    down: bool = False
    """It is not there again yet."""

    async def is_healthy(self) -> bool:
        """Whether the action server can work."""
        return await self.engine.is_healthy()

    async def turn(self, message: Message) -> list[Reply]:
        """One turn of dialogue. Raises TurnFailed."""
        return await self.talks.turn(message)

    def request(self, sender: str) -> str:
        """The request that is open for a citizen, as the tracker holds it; empty for none."""
        return str(self.talks.state(sender).get("nonce", ""))

    async def fault(self, department: str, mode: str, delay_s: float | None = None) -> None:
        """Switch a department's fault."""
        body = {"mode": mode, "delay_s": delay_s}
        answer = await self.client.put(f"{self.sandbox}/__faults/{department}", json=body)
        answer.raise_for_status()

    @property
    def called(self) -> list[str]:
        """The departments that have computers."""
        return [name for name, one in self.catalogue.departments.items() if one.called]

    async def writes(self) -> list[Write]:
        """What the departments have done."""
        found: list[Write] = []
        for department in self.called:
            answer = await self.client.get(f"{self.sandbox}/__writes/{department}")
            found += [
                Write(w["operation"], w["idempotency_key"], w["reference"]) for w in answer.json()
            ]
        return found

    async def reset(self, *departments: str) -> None:
        """Departments, or all, as on their first day."""
        for department in departments or self.called:
            answer = await self.client.post(f"{self.sandbox}/__reset/{department}")
            answer.raise_for_status()

    async def kill_actions(self) -> None:
        """The action server dies at once and is started again."""
        self.deaths, self.down = self.deaths + 1, True
        self.actions.end(signal.SIGKILL)
        await self.actions.start()
        self.down = False


@asynccontextmanager
async def opened(
    folder: Path,
    departments: Mapping[str, Mapping[str, Any]],
    dialogue: Mapping[str, Any] | None = None,
) -> AsyncIterator[Place]:
    """A place whose files lie in `folder`. `departments` take the place of keys of the departments
    and their defaults, `dialogue` of those of the dialogue; with none the times are the real ones.
    """
    catalogue = load_catalogue(DATA)
    data = data_folder(folder / "data", {**UNLIMITED, **departments}, dialogue or {})
    callbacks = free_port()
    async with letterbox() as letters:
        environment = {
            "SEVA_VAR_DIR": str(folder / "var"),
            "SEVA_DATA_DIR": str(data),
            "SEVA_NOTICES_URL": letters.url,
            "SEVA_ACTIONS_SECRET": ACTIONS_SECRET,
            "SEVA_ACTIONS_METRICS_PORT": "0",
            "SEVA_SETTLE_SECONDS": "0.3",
            "SEVA_CALLBACKS_PORT": str(callbacks),
            "SEVA_SANDBOX_OWNERS": str(ROOT / "tests" / "owners.yml"),
            "SEVA_SANDBOX_DEPARTMENT_CALLBACKS": f"http://127.0.0.1:{callbacks}/callbacks",
        }
        async with _running(folder, catalogue, environment, letters) as place:
            yield place


@asynccontextmanager
async def _running(
    folder: Path, catalogue: Catalogue, environment: dict[str, str], letters: Letterbox
) -> AsyncIterator[Place]:
    sandbox = Server("sandbox", "/health", environment, folder / "sandbox.log")
    for department in filter(lambda one: one.called, catalogue.departments.values()):
        environment[department.base_url.env] = f"{sandbox.url}/{department.id}"
    environment["SEVA_GATEWAY_SANDBOX_URL"] = f"{sandbox.url}/gateway"
    actions = Server("actions", "/health", environment, folder / "actions.log")
    try:
        await sandbox.start()
        await actions.start()
        endpoint = Counted(ActionAddress.of(actions.url, Path()), ACTIONS_SECRET)
        engine = await Engine.load(
            live_release(ROOT / "models").model, actions=endpoint, data_dir=DATA
        )
        async with httpx.AsyncClient(trust_env=False, timeout=30, limits=_FRESH) as client:
            talks = Conversations(engine)
            letters.language_of = talks.language
            dialogue = load_settings(Path(environment["SEVA_DATA_DIR"]))
            yield Place(
                catalogue,
                engine,
                endpoint,
                talks,
                sandbox.url,
                actions,
                client,
                letters,
                dialogue.working_seconds,
            )
            await engine.close()
    finally:
        actions.end()
        sandbox.end()
