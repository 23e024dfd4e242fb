"""A canary beside the live model, with the real engine and a real action server: each citizen has
the words of one release, and a conversation outlives the canary that began it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.canary import CanaryEngine, TurnReleases, serving_engines
from api.inbox.port import Claim
from nlu import canary, registry
from nlu.engine.trackers import asks
from nlu.settings.settings import Settings
from nlu.turn import Message, Turned
from tests.inbox.worker_fakes import message
from tests.processes import ACTIONS_SECRET, ROOT, free_port, seva
from tests.releases import register, with_words

GREETINGS = {
    "te": "నమస్తే",
    "te-Latn": "namaskaram andi",
    "hi": "नमस्ते",
    "hi-Latn": "namaste ji",
    "en": "hello",
}
_LONGEST_S = 300.0


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """The live model twice: `two` greets with its name in English."""
    live, folder = registry.live_release(ROOT / "models").model, tmp_path / "models"
    archive = live / registry.ARCHIVE
    register(folder, "one", data=live / registry.DATA, archive=archive)
    data = with_words(live / registry.DATA, tmp_path / "two", welcome="two", welcome_back="two")
    register(folder, "two", data=data, archive=archive)
    registry.promote(folder, "one")
    return folder


@pytest.fixture
def actions(models: Path, tmp_path: Path) -> Iterator[str]:
    """The address of an action server."""
    told = {"SEVA_MODELS_DIR": str(models), "SEVA_VAR_DIR": str(tmp_path / "var")}
    log = tmp_path / "actions.log"
    with seva("actions", "/health", free_port(), told, log, cwd=tmp_path) as address:
        yield address


async def until(one: CanaryEngine, percent: float) -> None:
    """Follows the pointer until that share is answered."""
    ends = asyncio.get_running_loop().time() + _LONGEST_S
    while one.percent != percent:
        assert asyncio.get_running_loop().time() < ends, one.trouble
        await asyncio.sleep(0.2)
        await one.look()


def claim(number: int) -> Claim:
    return Claim(message(number, citizen=f"9198480{number:05}"), 1, "t")


def test_each_citizen_has_one_release_and_a_form_outlives_the_canary(
    models: Path, actions: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SEVA_DATA_DIR", raising=False)
    monkeypatch.delenv("SEVA_MODELS_STORE", raising=False)
    monkeypatch.chdir(tmp_path)
    settings = Settings(
        models_dir=models,
        var_dir=tmp_path / "var",
        action_server_url=actions,
        actions_secret=ACTIONS_SECRET,
    )

    async def work() -> None:
        live, beside = serving_engines(settings, dialogue=True)
        releases = TurnReleases(live, beside)

        async def say(to: Claim, text: str, **more: Any) -> Turned:
            said = Message(text, to.message.lane, f"w{text}", **more)
            with releases.one_release(to):
                return await live.turn(said, trackers.get(to.message.lane))

        trackers: dict[str, str | None] = {}
        await live.look()
        await beside.look()
        assert beside.loaded is None
        canary.begin(models, "two", 50, "ration cards")
        await until(beside, 50)
        drawn = {releases.model_of(claim(number)): claim(number) for number in range(100)}
        assert set(drawn) == {"one", "two"}
        for model, to in drawn.items():
            for key, text in GREETINGS.items():
                turned = await say(to, text)
                assert turned.model == model
                named = turned.replies[0].text.split("\n")[0] == "two"
                assert named == (model == "two" and key == "en"), turned
        to = drawn["two"]
        begun = await say(to, "నా కరెంటు బిల్లు ఎంత", language="te")
        assert begun.model == "two" and asks(begun.tracker)
        trackers[to.message.lane] = begun.tracker
        canary.end(models, "wrong bills")
        await until(beside, 0)
        went_on = await say(to, "హ్మ్", language="te")
        assert went_on.model == "one" and asks(went_on.tracker)
        await live.close()

    asyncio.run(work())
