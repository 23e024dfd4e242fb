"""Promote and rollback while `seva serve` and `seva actions` run and a worker takes turns.

Words, services and weights move together, in all of them, without a restart and without a turn that
fails. Half a file in the folder that is being edited touches nobody.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
import yaml

from api.live_engine import LiveEngine, rasa_engine
from nlu import registry
from nlu.fast_yaml import load_yaml
from nlu.settings.settings import Settings
from nlu.turn import Message
from tests.processes import ACTIONS_SECRET, ROOT, free_port, seva
from tests.rasa.conftest import LIBRARY_KEY
from tests.releases import register, with_words

KEY = "key-of-this-test"
SERVICE = "electricity_bill_view"
_LONGEST_S = 300.0


@pytest.fixture(scope="module")
def models(one_more: Path, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Releases `one` and `two` of the trained model: the second greets otherwise and gives a
    service another title."""
    live = registry.live_release(trained).model / registry.ARCHIVE
    folder = tmp_path_factory.mktemp("models")
    register(folder, "one", data=one_more, archive=live)
    data = with_words(one_more, folder / ".two", welcome="two", welcome_back="two")
    file = data / "services" / "energy" / f"{SERVICE}.yml"
    service = load_yaml(file.read_text("utf-8"))
    service["title"]["en"] = "two"
    file.write_text(yaml.safe_dump(service, allow_unicode=True), "utf-8")
    register(folder, "two", data=data, archive=live)
    shutil.rmtree(data)
    registry.promote(folder, "one")
    return folder


class Place:
    """Two processes, and what a worker has of a release."""

    def __init__(self, serve: str, worker: LiveEngine, models: Path) -> None:
        self.serve, self.worker, self.models = serve, worker, models
        self.http = httpx.AsyncClient(
            base_url=serve, headers={"Authorization": f"Bearer {KEY}"}, timeout=60, trust_env=False
        )
        self.turns, self.ready = 0, False

    async def served(self) -> tuple[str, bool]:
        """The weights of `seva serve`, and whether its words are those of `two`."""
        parsed = await self.http.post("/parse", json={"text": "hello"})
        if parsed.json().get("type") == "/problems/model-not-ready" and not self.ready:
            return "", False
        self.ready = True
        listed = (await self.http.get("/services")).raise_for_status()
        titles = {one["name"]: one["title"]["en"] for one in listed.json()["services"]}
        return parsed.raise_for_status().json()["model"], titles[SERVICE] == "two"

    async def turned(self) -> tuple[str, bool]:
        """The same of a turn, in which worker and action server take part."""
        self.turns += 1
        said = Message("hello", f"1:9198480{self.turns:05}", f"w{self.turns}", language="en")
        with self.worker.one_release():
            weights = (await self.worker.parse("hello"))["model"]
            turned = await self.worker.turn(said)
        return weights, any(reply.text.split("\n")[0] == "two" for reply in turned.replies)

    async def all_on(self, name: str) -> None:
        """Takes turns until everybody is there: before and after, each is of one release."""
        wanted = (name, name == "two")
        until = asyncio.get_running_loop().time() + _LONGEST_S
        there = False
        while not there:
            await self.worker.look()
            found = [await self.turned(), await self.served()]
            weights, words = found[0]
            assert words == (weights == "two")
            there = found == [wanted, wanted]
            assert asyncio.get_running_loop().time() < until, found


@pytest.fixture
def environment(models: Path, tmp_path: Path) -> dict[str, str]:
    """Processes that start in a folder where somebody edits the catalogue."""
    edited = tmp_path / "data"
    shutil.copytree(ROOT / "data", edited, ignore=shutil.ignore_patterns("encoder"))
    (edited / "services" / "energy" / "half.yml").write_text("service: TODO\nutter", "utf-8")
    (edited / "departments" / "energy.yml").write_text("department: en", "utf-8")
    (edited / "whatsapp.yml").write_text("limits:", "utf-8")
    return {
        "SEVA_MODELS_DIR": str(models),
        "SEVA_VAR_DIR": str(tmp_path / "var"),
        "SEVA_API_KEYS": KEY,
        "SEVA_INTERNAL_PORT": "0",
        "SEVA_PROCESSES": "1",
        **LIBRARY_KEY,
    }


@pytest.fixture
def processes(environment: dict[str, str], tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Addresses of `seva actions` and `seva serve`."""
    with ExitStack() as ends:
        yield tuple(
            ends.enter_context(
                seva(name, ready, free_port(), environment, tmp_path / f"{name}.log", cwd=tmp_path)
            )
            for name, ready in (("actions", "/health"), ("serve", "/health/live"))
        )


@pytest.mark.nightly
def test_everybody_moves_together(
    processes: tuple[str, str], models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    actions, serve = processes
    monkeypatch.delenv("SEVA_DATA_DIR", raising=False)
    monkeypatch.chdir(tmp_path)
    settings = Settings(
        models_dir=models,
        var_dir=tmp_path / "var",
        action_server_url=actions,
        actions_secret=ACTIONS_SECRET,
    )

    async def work() -> None:
        place = Place(serve, rasa_engine(settings, dialogue=True), models)
        await place.all_on("one")
        registry.promote(models, "two")
        await place.all_on("two")
        registry.rollback(models)
        await place.all_on("one")
        await place.worker.close()
        await place.http.aclose()

    asyncio.run(work())
