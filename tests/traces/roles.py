"""Seva's roles as processes of their own, around one simulated WhatsApp and one sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.demo.simulator.rules import load_rules
from api.demo.simulator.server import create_app as create_simulator
from nlu.settings.settings import Settings
from tests.processes import ACTIONS_SECRET, OWNERS, ROOT, department_urls, free_port, seva
from tests.served import served

DEPARTMENT = "energy"
_START_SECONDS = 900.0
_METHODS = ["GET", "POST", "PUT", "DELETE"]


class Door:
    """In front of the department: what it was sent, and what it got."""

    def __init__(self, sandbox: str) -> None:
        self.headers: list[dict[str, str]] = []
        self._sandbox = sandbox
        self.app = Starlette(routes=[Route("/{path:path}", self._pass, methods=_METHODS)])

    async def _pass(self, request: Request) -> Response:
        self.headers.append(dict(request.headers))
        kept = {k: v for k, v in request.headers.items() if k not in ("host", "content-length")}
        url = f"{self._sandbox}{request.url.path}"
        async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
            answer = await client.request(
                request.method,
                url,
                params=request.query_params,
                headers=kept,
                content=await request.body(),
            )
        kind = answer.headers.get("content-type")
        return Response(answer.content, answer.status_code, media_type=kind)


@dataclass
class Roles:
    """serve, worker and actions, and the world around them."""

    folder: Path
    environment: dict[str, str]
    ports: dict[str, int]
    door: Door
    sandbox: str
    web: httpx.Client
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, *roles: str) -> None:
        """Starts roles, and waits until each does its work. `serve` has no model: webhooks and
        notices need none, and loading one takes longest."""
        none = self.folder / "no-models"
        none.mkdir(exist_ok=True)
        without = {"SEVA_MODELS_DIR": str(none), "SEVA_DATA_DIR": str(ROOT / "data")}
        for role in roles:
            settings = without if role == "serve" else {}
            with open(self.folder / f"{role}.log", "ab") as log:
                self.running[role] = subprocess.Popen(
                    [sys.executable, "-W", "ignore", "-m", "nlu.cli", role],
                    cwd=ROOT,
                    env={**os.environ, **self.environment, **settings},
                    stdout=log,
                    stderr=log,
                )
        end = time.monotonic() + _START_SECONDS
        for role in roles:
            while not self._is_ready(role):
                assert self.running[role].poll() is None, self.log(role)[-3000:]
                assert time.monotonic() < end, f"{role} never got ready:\n{self.log(role)[-3000:]}"
                time.sleep(0.1)

    def _is_ready(self, role: str) -> bool:
        where = {
            "serve": f"http://127.0.0.1:{self.ports['serve']}/health/live",
            "worker": f"http://127.0.0.1:{self.ports['worker_metrics']}/health/ready",
            "actions": f"http://127.0.0.1:{self.ports['actions']}/health",
        }[role]
        try:
            return httpx.get(where, timeout=2, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False

    def kill(self, role: str) -> None:
        """At once, with no chance to finish anything."""
        process = self.running.pop(role)
        process.kill()
        process.wait()

    def stop(self) -> None:
        """All of them, with the time that they need."""
        for process in self.running.values():
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def say(self, phone: str, text: str) -> None:
        """A citizen writes."""
        body = {"citizen": phone, "type": "text", "text": text}
        self.web.post("/__inbound", json=body).raise_for_status()

    def phone(self, phone: str, count: int) -> list[str]:
        """What the phone shows of Seva once there are `count` messages."""
        query: dict[str, str | int] = {"citizen": phone, "count": count, "wait": 90}
        chats = self.web.get("/__outbox", params=query, timeout=100).json()["citizens"]
        return [one["text"] for one in chats.get(phone, [])]

    def until_told(self, phone: str, words: str, after: int = 0) -> None:
        """Waits until one of the phone's messages behind the first `after` has the words."""
        until(lambda: any(words in one for one in self.phone(phone, 0)[after:]))

    def fault(self, mode: str, **more: Any) -> None:
        """How the department misbehaves from now on."""
        url = f"{self.sandbox}/__faults/{DEPARTMENT}"
        httpx.put(url, json={"mode": mode, **more}, trust_env=False).raise_for_status()

    def log(self, role: str) -> str:
        """What a role wrote, all its processes together."""
        return (self.folder / f"{role}.log").read_text("utf-8", "replace")

    def lines(self, role: str) -> list[dict[str, Any]]:
        """The same as JSON; what a library wrote in its own way is left out."""
        found = [one for one in self.log(role).splitlines() if one.startswith("{")]
        return [json.loads(one) for one in found]


def until(met: Callable[[], bool], seconds: float = 300) -> None:
    """Waits for something that other processes do."""
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@contextmanager
def roles(folder: Path, **settings: str) -> Iterator[Roles]:
    """The world, with no role running yet; those that were started end with the block."""
    names = ("simulator", "serve", "internal", "actions", "callbacks", "sandbox", "worker_metrics")
    ports = {name: free_port() for name in names}
    var = folder / "var"
    simulated = Settings(var_dir=var, simulator_port=ports["simulator"], serve_port=ports["serve"])
    rules = load_rules()
    quick = replace(rules.delivery, wait=(0.05, 0.1))
    rules = replace(rules, delivery=quick, sent_after=0.01, delivered_after=0.02)
    with ExitStack() as ends:
        log = folder / "sandbox.log"
        own = {"SEVA_VAR_DIR": str(folder / "sandbox")}
        sandbox = ends.enter_context(
            seva("sandbox", f"/__faults/{DEPARTMENT}", ports["sandbox"], own, log)
        )
        door = Door(sandbox)
        in_front = ends.enter_context(served(door.app))
        phones = ends.enter_context(served(create_simulator(simulated, rules), ports["simulator"]))
        web = ends.enter_context(httpx.Client(base_url=phones, trust_env=False))
        environment = {
            "SEVA_VAR_DIR": str(var),
            "SEVA_LOG_LEVEL": "DEBUG",
            "SEVA_SERVE_PORT": str(ports["serve"]),
            "SEVA_INTERNAL_PORT": str(ports["internal"]),
            "SEVA_WORKER_METRICS_PORT": str(ports["worker_metrics"]),
            "SEVA_CALLBACKS_PORT": str(ports["callbacks"]),
            "SEVA_ACTIONS_METRICS_PORT": "0",
            "SEVA_ACTION_SERVER_URL": f"http://127.0.0.1:{ports['actions']}",
            "SEVA_ACTIONS_SECRET": ACTIONS_SECRET,
            "SEVA_WHATSAPP_BASE_URL": phones.replace("localhost", "127.0.0.1"),
            "SEVA_PROCESSES": "1",
            "SEVA_DRAIN_SECONDS": "0",
            "SEVA_SANDBOX_OWNERS": str(OWNERS),
            "SEVA_SETTLE_SECONDS": "0.2",
            **department_urls(ports["sandbox"]),
            "SEVA_DEPARTMENT_ENERGY_URL": f"{in_front}/{DEPARTMENT}",
            **settings,
        }
        here = Roles(folder, environment, ports, door, sandbox, web)
        try:
            yield here
        finally:
            here.stop()
