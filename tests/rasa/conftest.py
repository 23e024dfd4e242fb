"""The live model, and a model of a catalogue with one service and one department more, served by
real processes. It is trained once for all tests of this folder."""

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
from tests.few_services import copied, named_only
from tests.processes import ACTIONS_SECRET, OWNERS, PHONE, ROOT, department_urls, free_port, seva

NEW_SERVICE = Path(__file__).parent / "electricity_meter_shift.yml"
LIBRARY = Path(__file__).parent / "new_department" / "library"
"""A department by YAML alone."""
LIBRARY_KEY = {"SEVA_DEPARTMENT_LIBRARY_KEY": "library-key-41d7"}
"""What a process must be told where that department is."""
TWIN = "electricity_meter_shifting"
FEW, ALL = "few services", "all services"
FEW_SERVICES = (
    *("electricity_bill_view", "electricity_bill_payment", "electricity_meter_complaint"),
    *("electricity_supply_failure_complaint", "rtc_ticket_booking", "rtc_bus_timings"),
    *("anna_canteen_menu", "anna_canteen_timings", "anna_canteen_locations"),
)


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
    """Folders, addresses and the engine of a catalogue."""

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


def with_one_more(data: Path) -> Path:
    """A copy of the catalogue with one file dropped in, in place of its twin."""
    (data / "services" / "energy" / f"{TWIN}.yml").unlink()
    for file in (*data.glob("services/*/*.yml"), *data.glob("topics.yml")):
        text = file.read_text("utf-8")
        if TWIN in text:
            file.write_text(text.replace(f'"{TWIN}"', f'"{NEW_SERVICE.stem}"'), "utf-8")
    shutil.copy(NEW_SERVICE, data / "services" / "energy")
    return data


@pytest.fixture(scope="session", params=[FEW, pytest.param(ALL, marks=pytest.mark.nightly)])
def one_more(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The catalogue with one service and one department more: beside a few services of three
    departments, or beside all."""
    data = tmp_path_factory.mktemp("one-more") / "data"
    if request.param == ALL:
        with_one_more(Path(shutil.copytree(ROOT / "data", data)))
    else:
        with_one_more(copied(data, {*FEW_SERVICES, TWIN}))
        named_only(data / "services" / "energy" / NEW_SERVICE.name, FEW_SERVICES)
    return Path(shutil.copytree(LIBRARY, data, dirs_exist_ok=True))


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
def new_town(
    one_more: Path, trained: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """That catalogue, served."""
    with opened(one_more, trained, tmp_path_factory.mktemp("new-town")) as town:
        yield town


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The catalogue as it is and its live model, served."""
    with opened(ROOT / "data", ROOT / "models", tmp_path_factory.mktemp("town")) as town:
        yield town


@contextmanager
def opened(data: Path, models: Path, folder: Path) -> Iterator[Town]:
    """Sandbox, action server and engine while the block runs."""
    from nlu.action_address import ActionAddress
    from nlu.engine.action_endpoint import ActionEndpoint
    from nlu.engine.rasa_engine import Engine
    from nlu.registry import live_release

    sandbox_port, actions_port = free_port(), free_port()
    common = {
        "SEVA_VAR_DIR": str(folder / "var"),
        "SEVA_SANDBOX_PORT": str(sandbox_port),
        "SEVA_SANDBOX_OWNERS": str(OWNERS),
    }
    variables = {
        **common,
        "SEVA_DATA_DIR": str(data),
        **department_urls(sandbox_port, data),
        **(LIBRARY_KEY if (data / "departments" / "library.yml").exists() else {}),
    }
    all_departments = {
        **common,
        "SEVA_DATA_DIR": str(ROOT / "data"),
        **department_urls(sandbox_port),
    }
    loop = asyncio.new_event_loop()
    with (
        seva(
            "sandbox", "/__faults/energy", sandbox_port, all_departments, folder / "sandbox.log"
        ) as sandbox,
        seva("actions", "/health", actions_port, variables, folder / "actions.log") as actions,
    ):
        with environment({"SEVA_DATA_DIR": str(data)}):
            engine = loop.run_until_complete(
                Engine.load(
                    live_release(models).model,
                    actions=ActionEndpoint(ActionAddress.of(actions, Path()), ACTIONS_SECRET),
                    data_dir=data,
                )
            )
        yield Town(data, models, actions, sandbox, engine, Conversations(engine), loop)
        loop.run_until_complete(engine.close())
    loop.close()
