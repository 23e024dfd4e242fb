"""The engine of the worker is exchanged while the loop goes on serving."""

from __future__ import annotations

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from api.live_engine import rasa_engine
from nlu.registry import live_id
from nlu.settings.settings import Settings
from nlu.turn import Message
from tests.processes import ACTIONS_SECRET
from tests.rasa.conftest import Town


def test_a_new_model_loads_beside_the_loop(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The loop used to stand still until a dialogue model was loaded, for 4.7 s."""
    monkeypatch.setenv("SEVA_DATA_DIR", str(town.data))  # as the town's action server has it
    models, variables = tmp_path / "models", tmp_path / "var"
    name = live_id(town.models)
    assert name is not None
    for copy in ("m1", "m2"):
        shutil.copytree(town.models / name, models / copy)
    settings = Settings(
        models_dir=models,
        var_dir=variables,
        action_server_url=town.actions,
        actions_secret=ACTIONS_SECRET,
    )
    engine = rasa_engine(settings, dialogue=True)
    beats = 0

    async def beat() -> None:
        nonlocal beats
        while True:
            await asyncio.sleep(0.01)
            beats += 1

    async def exchange() -> None:
        nonlocal beats
        beating = asyncio.create_task(beat())
        for copy in ("m1", "m2"):
            (models / "live").write_text(json.dumps({"id": copy, "history": []}))
            beats = 0
            await engine.look()
            assert engine.trouble == ""
            assert (await engine.parse("hello"))["model"] == copy
        assert beats > 20
        assert (await engine.turn(Message("hello", "1:91", "w1", "en"))).replies
        beating.cancel()
        await engine.close()

    town.run(exchange())
