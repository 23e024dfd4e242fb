"""The engine follows the registry's pointer while the server runs."""

from __future__ import annotations

import asyncio
import itertools
import weakref
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from actions.server.listener import Listener, tcp_socket
from api.live_engine import LiveEngine, NoModel, Serving, rasa_engine
from nlu.catalogue import shared_catalogue
from nlu.live import LOCK
from nlu.registry import DATA, Release
from nlu.settings.settings import Settings
from nlu.storage.file_lock import locked
from tests.api.api_fakes import FakeUnderstanding
from tests.processes import free_port

CATALOGUE = shared_catalogue(Path("data"))


class Registry:
    """Models that differ in their phrases: each says its own name for `welcome`."""

    def __init__(self) -> None:
        self.live: str | None = None
        self.loaded: list[str] = []
        self.broken: set[str] = set()
        self.trouble = ""

    def find(self) -> Release:
        if self.live is None:
            raise FileNotFoundError("no live model: run `seva train`")
        return Release(Path(self.live), Path(self.live) / DATA)

    async def load(self, release: Release) -> Serving:
        self.loaded.append(release.id)
        if release.id in self.broken:
            raise ValueError("secret")
        engine = FakeUnderstanding(model_id=release.id)
        engine.name = release.id  # type: ignore[attr-defined]
        welcome = {language: release.id for language in CATALOGUE.languages.reply}
        phrases = {**CATALOGUE.phrases, "welcome": welcome}
        return Serving(engine, replace(CATALOGUE, phrases=phrases))

    async def in_the_way(self, release: Release) -> str:
        return self.trouble


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def engine(registry: Registry) -> LiveEngine:
    return LiveEngine(CATALOGUE, registry.find, registry.load, registry.in_the_way)


def says(engine: LiveEngine) -> tuple[str, str]:
    """Whose words and whose weights are in use."""
    return engine.phrases.say("welcome", "en"), engine._now().name  # type: ignore[attr-defined]


async def test_without_a_model_it_says_why(engine: LiveEngine) -> None:
    await engine.look()
    assert not engine.is_ready
    with pytest.raises(NoModel, match="seva train"):
        await engine.parse("a")


@pytest.mark.slow
async def test_a_promoted_model_is_taken_over_once(engine: LiveEngine, registry: Registry) -> None:
    for name in ("m1", "m1", "m2", "m2"):
        registry.live = name
        await engine.look()
    assert registry.loaded == ["m1", "m2"]
    assert (await engine.parse("a"))["text"] == "a"
    assert engine._now().name == "m2"  # type: ignore[attr-defined]


async def test_the_model_is_named_by_who_answers(engine: LiveEngine, registry: Registry) -> None:
    assert engine.model_id == ""
    for name in ("m1", "m2", "m1"):
        registry.live = name
        await engine.look()
        (answer,) = await engine.parse_each(["a"], [None])
        assert isinstance(answer, dict) and answer["model"] == engine.model_id == name


@pytest.mark.slow
async def test_a_replaced_engine_is_freed(engine: LiveEngine, registry: Registry) -> None:
    """At once: two models in memory are one too many."""
    registry.live = "m1"
    await engine.look()
    first = engine._now()
    first.itself = first  # type: ignore[attr-defined]  # a circle, as Rasa's objects have them
    gone = weakref.ref(first)
    del first
    registry.live = "m2"
    await engine.look()
    assert gone() is None


async def test_a_broken_model_leaves_the_present_one(
    engine: LiveEngine, registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    registry.live = "m1"
    await engine.look()
    registry.live, registry.broken = "m2", {"m2"}
    await engine.look()
    assert engine.is_ready and engine._now().name == "m1"  # type: ignore[attr-defined]
    assert "ValueError" in engine.trouble and "secret" not in engine.trouble + caplog.text


async def test_words_and_weights_move_together(engine: LiveEngine, registry: Registry) -> None:
    """Forwards and back."""
    for name in ("m1", "m2", "m1"):
        registry.live = name
        await engine.look()
        assert says(engine) == (name, name)


async def test_a_turn_stays_on_the_release_it_began_on(
    engine: LiveEngine, registry: Registry
) -> None:
    """Also in what it starts, and the next turn is on the new one."""
    registry.live = "m1"
    await engine.look()
    with engine.one_release():
        registry.live = "m2"
        await asyncio.create_task(engine.look())
        assert says(engine) == ("m1", "m1")
        assert await asyncio.to_thread(says, engine) == ("m1", "m1")
    assert says(engine) == ("m2", "m2")


async def test_a_worker_waits_for_the_action_server(engine: LiveEngine, registry: Registry) -> None:
    """It loads nothing before, and tells why; without anything that serves it does not wait."""
    registry.live, registry.trouble = "m1", "the action server is not ready for it"
    await engine.look()
    assert says(engine) == ("m1", "m1")
    registry.live = "m2"
    await engine.look()
    assert registry.loaded == ["m1"] and engine.trouble == registry.trouble
    registry.trouble = ""
    await engine.look()
    assert says(engine) == ("m2", "m2") and engine.trouble == ""


async def test_a_worker_asks_nobody_while_another_process_loads(
    registry: Registry, tmp_path: Path
) -> None:
    """It looks again, says why, and serves on."""
    asked: list[str] = []

    async def in_the_way(release: Release) -> str:
        asked.append(release.id)
        return ""

    lock = tmp_path / "var" / LOCK
    engine = LiveEngine(CATALOGUE, registry.find, registry.load, in_the_way, lock=lock)
    registry.live = "m1"
    await engine.look()
    assert not lock.exists()  # who serves nothing waits for nobody
    registry.live = "m2"
    lock.parent.mkdir()
    with locked(lock):
        await engine.look()
        assert says(engine) == ("m1", "m1") and "another process" in engine.trouble
    assert (registry.loaded, asked) == (["m1"], [])
    await engine.look()
    assert says(engine) == ("m2", "m2") and engine.trouble == "" and asked == ["m2"]


async def test_without_a_lock_file_a_release_is_loaded_all_the_same(
    registry: Registry, tmp_path: Path
) -> None:
    (tmp_path / "var").touch()  # no folder
    engine = LiveEngine(CATALOGUE, registry.find, registry.load, lock=tmp_path / "var" / LOCK)
    for name in ("m1", "m2"):
        registry.live = name
        await engine.look()
        assert says(engine) == (name, name)


async def test_going_back_while_another_process_loads_ends_the_waiting(
    registry: Registry, tmp_path: Path
) -> None:
    engine = LiveEngine(CATALOGUE, registry.find, registry.load, lock=tmp_path / LOCK)
    registry.live = "m1"
    await engine.look()
    with locked(tmp_path / LOCK):
        for name in ("m2", "m1"):
            registry.live = name
            await engine.look()
    assert registry.loaded == ["m1"] and engine.trouble == ""


@pytest.mark.slow
async def test_a_worker_asks_every_action_server_behind_the_address(tmp_path: Path) -> None:
    """One that lacks the release would refuse every second turn."""
    servers = [200, 503]
    asked = itertools.count()

    async def health(_: Request) -> Response:
        return Response(status_code=servers[next(asked) % len(servers)])

    port = free_port()
    settings = Settings(
        models_dir=tmp_path,
        action_server_url=f"http://127.0.0.1:{port}",
        actions_secret="a secret",
    )
    engine = rasa_engine(settings, dialogue=True)
    release = Release(Path("m2"), Path("m2") / DATA)
    assert engine._in_the_way is not None
    with tcp_socket("127.0.0.1", port, "") as taken:
        listener = Listener(Starlette(routes=[Route("/health", health)]), taken)
        await listener.start()
        assert "is not ready for m2" in await engine._in_the_way(release)
        servers[1] = 200
        assert await engine._in_the_way(release) == ""
        await listener.stop()


async def test_phrases_are_those_of_the_folder_until_a_model_is_loaded(engine: LiveEngine) -> None:
    assert engine.phrases.say("welcome", "en") == CATALOGUE.phrases["welcome"]["en"]


async def test_real_engine_without_a_model(tmp_path: Path) -> None:
    engine = rasa_engine(Settings(models_dir=tmp_path), dialogue=False)
    await engine.look()
    assert "seva train" in engine.trouble
