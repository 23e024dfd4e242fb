"""The engine follows the registry's pointer while the server runs."""

from __future__ import annotations

import weakref
from pathlib import Path

import pytest

from api.live_engine import LiveEngine, NoModel, rasa_engine
from nlu.settings.settings import Settings
from tests.api.api_fakes import FakeUnderstanding


class Registry:
    def __init__(self) -> None:
        self.live: Path | None = None
        self.loaded: list[str] = []
        self.broken: set[str] = set()

    def find(self) -> Path:
        if self.live is None:
            raise FileNotFoundError("no live model: run `seva train`")
        return self.live

    async def load(self, folder: Path) -> FakeUnderstanding:
        self.loaded.append(folder.name)
        if folder.name in self.broken:
            raise ValueError("secret")
        engine = FakeUnderstanding()
        engine.name = folder.name  # type: ignore[attr-defined]
        return engine


@pytest.fixture
def registry() -> Registry:
    return Registry()


@pytest.fixture
def engine(registry: Registry) -> LiveEngine:
    return LiveEngine(registry.find, registry.load)


async def test_without_a_model_it_says_why(engine: LiveEngine) -> None:
    await engine.look()
    assert not engine.is_ready
    with pytest.raises(NoModel, match="seva train"):
        await engine.parse("a")


@pytest.mark.slow
async def test_a_promoted_model_is_taken_over_once(engine: LiveEngine, registry: Registry) -> None:
    for name in ("m1", "m1", "m2", "m2"):
        registry.live = Path(name)
        await engine.look()
    assert registry.loaded == ["m1", "m2"]
    assert (await engine.parse("a"))["text"] == "a"
    assert engine._now().name == "m2"  # type: ignore[attr-defined]


@pytest.mark.slow
async def test_a_replaced_engine_is_freed(engine: LiveEngine, registry: Registry) -> None:
    """At once: two models in memory are one too many."""
    registry.live = Path("m1")
    await engine.look()
    first = engine._now()
    first.itself = first  # type: ignore[attr-defined]  # a circle, as Rasa's objects have them
    gone = weakref.ref(first)
    del first
    registry.live = Path("m2")
    await engine.look()
    assert gone() is None


async def test_a_broken_model_leaves_the_present_one(
    engine: LiveEngine, registry: Registry, caplog: pytest.LogCaptureFixture
) -> None:
    registry.live = Path("m1")
    await engine.look()
    registry.live, registry.broken = Path("m2"), {"m2"}
    await engine.look()
    assert engine.is_ready and engine._now().name == "m1"  # type: ignore[attr-defined]
    assert "ValueError" in engine.trouble and "secret" not in engine.trouble + caplog.text


async def test_real_engine_without_a_model(tmp_path: Path) -> None:
    engine = rasa_engine(Settings(models_dir=tmp_path), dialogue=False)
    await engine.look()
    assert "seva train" in engine.trouble
