"""The whole dialogue on real parts: Rasa in this process, action server and sandbox over HTTP."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.talk.data import UNLIMITED, data_folder
from nlu.turn import Message
from tests.conversations.door import Door
from tests.processes import ACTIONS_SECRET, OWNERS, PHONE, ROOT, department_urls, free_port, seva
from tests.served import served

_CODE = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")


@dataclass(frozen=True)
class World:
    """What a conversation needs: the engine, its event loop and the sandbox's address."""

    engine: Any
    loop: asyncio.AbstractEventLoop
    sandbox: str
    door: Door

    def turn(self, text: str, sender: str, **more: Any) -> list[Any]:
        """One turn of dialogue, of somebody whose number is on record unless `phone` says other."""
        message = Message(text, sender, **{"phone": PHONE, **more})
        return self.loop.run_until_complete(self.engine.turn(message))

    def sms(self, phone: str = PHONE) -> list[dict[str, Any]]:
        """What was sent to a number on record, the latest first."""
        url = f"{self.sandbox}/__sms?phone={phone[2:]}"
        return list(httpx.get(url, trust_env=False).json())

    def code(self, phone: str = PHONE) -> str:
        """The code in the latest of them."""
        return str(_CODE.findall(self.sms(phone)[0]["text"])[0])

    def fault(self, department: str, mode: str) -> None:
        """Switches a department's fault."""
        answer = httpx.put(
            f"{self.sandbox}/__faults/{department}",
            json={"mode": mode, "delay_s": 0.2},
            trust_env=False,
        )
        answer.raise_for_status()

    def reset(self, department: str) -> None:
        """A department as on its first day."""
        httpx.post(f"{self.sandbox}/__reset/{department}", trust_env=False).raise_for_status()

    def writes(self, department: str) -> list[dict[str, Any]]:
        """What the department has committed."""
        answer = httpx.get(f"{self.sandbox}/__writes/{department}", trust_env=False).json()
        return answer["writes"] if isinstance(answer, dict) else answer


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Started once for all conversations."""
    from benchmarks.talk.conversations import Conversations
    from nlu.action_address import ActionAddress
    from nlu.engine.action_endpoint import ActionEndpoint
    from nlu.engine.rasa_engine import Engine
    from nlu.registry import live_release

    folder: Path = tmp_path_factory.mktemp("world")
    sandbox_port, actions_port = free_port(), free_port()
    environment = {
        "SEVA_VAR_DIR": str(folder / "var"),
        "SEVA_ASK_IF_RIGHT_PERCENT": "0.01",  # whose tests choose ids of messages that are in it
        "SEVA_DATA_DIR": str(data_folder(folder / "data", UNLIMITED, {})),
        "SEVA_SANDBOX_PORT": str(sandbox_port),
        "SEVA_SANDBOX_OWNERS": str(OWNERS),
        **department_urls(sandbox_port),
    }
    loop = asyncio.new_event_loop()
    with (
        seva(
            "sandbox", "/__faults/energy", sandbox_port, environment, folder / "sandbox.log"
        ) as sandbox,
        seva("actions", "/health", actions_port, environment, folder / "actions.log"),
        served(door := Door(f"http://127.0.0.1:{actions_port}/webhook")) as actions,
    ):
        engine = loop.run_until_complete(
            Engine.load(
                live_release(ROOT / "models").model,
                actions=ActionEndpoint(ActionAddress.of(actions, Path()), ACTIONS_SECRET),
                data_dir=ROOT / "data",
            )
        )
        yield World(Conversations(engine), loop, sandbox, door)
        loop.run_until_complete(engine.close())
    loop.close()
