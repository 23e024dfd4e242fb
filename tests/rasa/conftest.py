"""A catalogue with one service more, trained and served by real processes."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.talk.conversations import Conversations
from nlu.turn import Message
from tests.processes import ACTIONS_SECRET, OWNERS, PHONE, ROOT, department_urls, free_port, seva

NEW_SERVICE = Path(__file__).parent / "electricity_meter_shift.yml"
TWIN = "electricity_meter_shifting"


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Sets variables for a while."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value


@dataclass(frozen=True)
class Town:
    """Folders, addresses and the engine of the catalogue with one service more."""

    data: Path
    models: Path
    actions: str
    sandbox: str
    engine: Any
    talks: Conversations
    loop: asyncio.AbstractEventLoop

    def turn(self, text: str, sender: str, inbox: str, **more: Any) -> list[Any]:
        """One turn of dialogue."""
        message = Message(text, sender, f"{sender}:{inbox}", **{"phone": PHONE, **more})
        return self.run(self.talks.turn(message))

    def run(self, coroutine: Any) -> Any:
        """Waits on the town's own loop."""
        return self.loop.run_until_complete(coroutine)

    def load(self, action_url: str) -> Any:
        """Another engine on the same model."""
        from nlu.action_address import ActionAddress
        from nlu.engine.action_endpoint import ActionEndpoint
        from nlu.engine.rasa_engine import Engine
        from nlu.registry import live_release

        with environment({"SEVA_DATA_DIR": str(self.data)}):
            return self.run(
                Engine.load(
                    live_release(self.models).model,
                    actions=ActionEndpoint(ActionAddress.of(action_url, Path()), ACTIONS_SECRET),
                    data_dir=self.data,
                )
            )

    def writes(self, department: str) -> list[dict[str, Any]]:
        """What the department has committed."""
        answer = httpx.get(f"{self.sandbox}/__writes/{department}", trust_env=False).json()
        return answer["writes"] if isinstance(answer, dict) else answer

    @contextmanager
    def fault(self, department: str, mode: str) -> Iterator[None]:
        """The department misbehaves for a while."""
        address = f"{self.sandbox}/__faults/{department}"
        httpx.put(address, json={"mode": mode}, trust_env=False).raise_for_status()
        try:
            yield
        finally:
            httpx.put(address, json={"mode": "none"}, trust_env=False).raise_for_status()


@pytest.fixture(scope="session")
def one_more(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """data/ with one file dropped in for the service that the catalogue has for the same."""
    data = tmp_path_factory.mktemp("one-more") / "data"
    shutil.copytree(ROOT / "data", data)
    (data / "services" / "energy" / f"{TWIN}.yml").unlink()
    for file in data.glob("services/*/*.yml"):
        text = file.read_text("utf-8")
        if TWIN in text:
            file.write_text(text.replace(f'"{TWIN}"', f'"{NEW_SERVICE.stem}"'), "utf-8")
    shutil.copy(NEW_SERVICE, data / "services" / "energy")
    return data


@pytest.fixture(scope="session")
def trained(one_more: Path) -> Path:
    """The registry that `seva train` makes of it."""
    models = one_more.parent / "models"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "nlu.cli", "train"],
        cwd=ROOT,
        env={**os.environ, "SEVA_DATA_DIR": str(one_more), "SEVA_MODELS_DIR": str(models)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return models


@pytest.fixture(scope="session")
def town(one_more: Path, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Sandbox, action server and engine, started once."""
    from nlu.action_address import ActionAddress
    from nlu.engine.action_endpoint import ActionEndpoint
    from nlu.engine.rasa_engine import Engine
    from nlu.registry import live_release

    folder = tmp_path_factory.mktemp("town")
    sandbox_port, actions_port = free_port(), free_port()
    variables = {
        "SEVA_DATA_DIR": str(one_more),
        "SEVA_VAR_DIR": str(folder / "var"),
        "SEVA_SANDBOX_PORT": str(sandbox_port),
        "SEVA_SANDBOX_OWNERS": str(OWNERS),
        **department_urls(sandbox_port, one_more),
    }
    loop = asyncio.new_event_loop()
    with (
        seva(
            "sandbox", "/__faults/energy", sandbox_port, variables, folder / "sandbox.log"
        ) as sandbox,
        seva("actions", "/health", actions_port, variables, folder / "actions.log") as actions,
    ):
        with environment({"SEVA_DATA_DIR": str(one_more)}):
            engine = loop.run_until_complete(
                Engine.load(
                    live_release(trained).model,
                    actions=ActionEndpoint(ActionAddress.of(actions, Path()), ACTIONS_SECRET),
                    data_dir=one_more,
                )
            )
        yield Town(one_more, trained, actions, sandbox, engine, Conversations(engine), loop)
    loop.close()
