"""The candidate in memory: loaded, replaced, dropped, and what goes wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from api.live_engine import Serving
from api.review.item import Item
from api.shadow.action import FAILED
from api.shadow.sample import Asked
from api.shadow.understander import Did, Understander
from nlu.registry import Release
from nlu.settings.settings import ShadowSettings
from nlu.speech.transcript import Reading
from tests.api.api_fakes import FakeUnderstanding
from tests.releases import register

ONE, TWO = "20261130-000000-11111111", "20261130-010000-22222222"
SAME = Did("route:electricity_bill_view", 0.97)


@pytest.fixture
def loaded() -> list[tuple[str, int]]:
    """Models that were loaded, with how many answers each may keep."""
    return []


@pytest.fixture
def understander(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loaded: list[tuple[str, int]]
) -> Understander:
    models = tmp_path / "models"
    models.mkdir()
    for name in (ONE, TWO):
        register(models, name, "2026-11-30T00:00:00+00:00")
    monkeypatch.setenv("SEVA_MODELS_DIR", str(models))

    def load(release: Release, settings: ShadowSettings) -> Serving:
        loaded.append((release.model_id, settings.parse_cache))
        engine: Any = FakeUnderstanding(model_id=release.model_id)
        catalogue: Any = None
        return Serving(engine, catalogue)

    return Understander(ShadowSettings.read(), load)


async def test_one_model_is_held_at_a_time(
    understander: Understander, loaded: list[tuple[str, int]]
) -> None:
    await understander.hold("")
    assert (understander.model, understander.trouble) == ("", "")
    await understander.hold(ONE)
    await understander.hold(ONE)
    assert (understander.model, understander.trouble) == (ONE, "")
    await understander.hold(TWO)
    assert understander.model == TWO
    await understander.hold("")
    assert understander.model == "" and understander._live.loaded is None
    assert loaded == [(ONE, 0), (TWO, 0)]  # each once, and no answer is kept


async def test_a_model_that_is_gone_is_told(understander: Understander) -> None:
    await understander.hold("20261130-020000-33333333")
    assert understander.model == "" and "no model 20261130-020000-33333333" in understander.trouble
    await understander.hold(ONE)
    assert (understander.model, understander.trouble) == (ONE, "")


async def test_one_that_does_not_load_takes_nothing(
    understander: Understander, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(release: Release, settings: ShadowSettings) -> Serving:
        raise RuntimeError("half a model")

    monkeypatch.setattr(understander, "_load", broken)
    await understander.hold(ONE)
    assert understander.model == "" and "RuntimeError" in understander.trouble


async def test_words_and_voice_notes(understander: Understander) -> None:
    await understander.hold(ONE)
    written = Asked(Item("bill XXXXXX5678", "en"), "te")
    spoken = Asked(Item("bill", "te", spoken=True), None, (Reading("bill XXXXXX5678", "hi", 0.8),))
    assert await understander.understand([written, spoken]) == [SAME, SAME]
    serving = understander._live.loaded
    assert serving is not None
    engine: Any = serving.engine
    assert engine.asked == [("bill 9999995678", "te"), ("bill 9999995678", "hi")]


async def test_one_message_that_fails_spoils_no_other(
    understander: Understander, caplog: pytest.LogCaptureFixture
) -> None:
    await understander.hold(ONE)
    serving = understander._live.loaded
    assert serving is not None
    engine: Any = serving.engine
    engine.failing = frozenset({"secret words"})
    found = await understander.understand(
        [Asked(Item("secret words", "en")), Asked(Item("b", "en"))]
    )
    assert found == [Did(FAILED), SAME]
    assert "secret words" not in caplog.text
