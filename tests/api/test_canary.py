"""A share of the citizens is answered by a second model, always the same ones."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.canary import CanaryEngine, share_of
from api.live_engine import LiveEngine, Serving
from nlu.registry import Release, live_id, release_of
from nlu.settings.settings import Settings
from tests.api.api_fakes import FakeUnderstanding
from tests.api.conftest import CATALOGUE
from tests.api.five_texts import FIVE

LIVE, CANARY = "20261125-022036-8081e303", "20261130-071229-f3758298"
AUDIO = {"files": {"audio": b"OggS"}}


@pytest.fixture
def canary(client: TestClient, engine: FakeUnderstanding) -> FakeUnderstanding:
    """Beside the live model; nobody is in its share yet."""
    engine.model_id, other = LIVE, FakeUnderstanding(model_id=CANARY)
    client.app.state.runtime.canary = other  # type: ignore[attr-defined]
    return other


def percent(client: TestClient, share: float) -> None:
    now = client.app.state.runtime  # type: ignore[attr-defined]
    now.settings = now.settings.copy(update={"canary_percent": share})


def model(client: TestClient, text: str = "a", citizen: Any = None, **headers: str) -> str:
    answer = client.post("/v1/parse", json={"text": text, "citizen": citizen}, headers=headers)
    assert answer.json()["model"] == answer.headers["seva-model"]
    return answer.headers["seva-model"]


@pytest.mark.parametrize("wanted", [CANARY, "f3758298", LIVE, "8081e303"])
def test_a_client_pins_either_model_by_its_id_or_the_end_of_it(
    client: TestClient, canary: FakeUnderstanding, wanted: str
) -> None:
    percent(client, 100)
    right = CANARY if CANARY.endswith(wanted) else LIVE
    asked = {"Seva-Model": wanted, "X-Conversation-Id": "c", "Seva-Canary": "always"}
    for text in FIVE.values():
        assert model(client, text, **asked) == right
    batch = client.post("/v1/parse/batch", json={"texts": list(FIVE.values())}, headers=asked)
    assert {one["model"] for one in batch.json()["results"]} == {right}
    assert client.post("/v1/parse/voice", headers=asked, **AUDIO).headers["seva-model"] == right


@pytest.mark.parametrize("wanted", ["another", "", "3758298", "20261130", "canary"])
def test_a_model_that_is_not_here_is_replaced_by_none(
    client: TestClient, canary: FakeUnderstanding, engine: FakeUnderstanding, wanted: str
) -> None:
    answer = client.post("/v1/parse", json={"text": "a"}, headers={"Seva-Model": wanted})
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "/problems/other-model")
    assert problem["models"] == [LIVE, CANARY] and problem["model"] == LIVE
    assert engine.asked == canary.asked == []


def test_a_citizen_is_always_answered_by_the_same_model(
    client: TestClient, canary: FakeUnderstanding
) -> None:
    """Whichever way they are named, by header or body."""
    percent(client, 50)
    names = [f"citizen-{number}" for number in range(40)]
    first = [model(client, **{"X-Conversation-Id": name}) for name in names]
    again = [model(client, "b", citizen=name) for name in names]
    assert first == again
    assert first == [CANARY if share_of(CANARY, name) < 50 else LIVE for name in names]
    assert set(first) == {CANARY, LIVE}
    percent(client, 0)
    assert {model(client, **{"X-Conversation-Id": name}) for name in names[:20]} == {LIVE}
    percent(client, 100)
    assert {model(client, **{"X-Conversation-Id": name}) for name in names[:20]} == {CANARY}


def test_more_percent_keep_those_that_the_canary_has() -> None:
    names = [f"citizen-{number}" for number in range(200)]
    few = {name for name in names if share_of(CANARY, name) < 5}
    more = {name for name in names if share_of(CANARY, name) < 50}
    others = {name for name in names if share_of("another", name) < 50}
    assert few < more and others != more
    drawn = [share_of(CANARY, f"citizen-{number}") < 20 for number in range(10_000)]
    assert 1_900 < sum(drawn) < 2_100  # of 10,000, where 2,000 are meant


def test_who_says_no_name_is_answered_by_the_live_model(
    client: TestClient, canary: FakeUnderstanding
) -> None:
    percent(client, 100)
    assert model(client) == LIVE


def test_a_call_may_insist_on_the_canary_or_on_none(
    client: TestClient, canary: FakeUnderstanding
) -> None:
    assert model(client, **{"Seva-Canary": "always"}) == CANARY
    percent(client, 100)
    assert model(client, **{"Seva-Canary": "never", "X-Conversation-Id": "c"}) == LIVE
    wrong = client.post("/v1/parse", json={"text": "a"}, headers={"Seva-Canary": "sometimes"})
    assert wrong.json()["type"] == "/problems/invalid-request"


@pytest.mark.parametrize("loaded", [None, "", LIVE])
def test_without_a_canary_only_who_insists_is_refused(
    client: TestClient, engine: FakeUnderstanding, loaded: str | None
) -> None:
    """None is set, it is not loaded yet, or it went live."""
    engine.model_id = LIVE
    if loaded is not None:
        client.app.state.runtime.canary = FakeUnderstanding(model_id=loaded)  # type: ignore
    percent(client, 100)
    assert model(client, **{"X-Conversation-Id": "c"}) == LIVE
    refused = client.post("/v1/parse", json={"text": "a"}, headers={"Seva-Canary": "always"})
    assert refused.json()["type"] == "/problems/other-model"
    assert refused.json()["models"] == [LIVE]


def test_the_canary_answers_who_insists_while_the_live_model_loads(
    client: TestClient, canary: FakeUnderstanding
) -> None:
    now = client.app.state.runtime  # type: ignore[attr-defined]
    now.engine = LiveEngine(CATALOGUE, find=lambda: 1 / 0, load=lambda _: 1 / 0)  # type: ignore
    assert model(client, **{"Seva-Model": CANARY}) == CANARY
    assert client.post("/v1/parse", json={"text": "a"}).json()["type"].endswith("model-not-ready")


def test_metrics_tell_the_models_apart(
    client: TestClient, internal: TestClient, canary: FakeUnderstanding
) -> None:
    model(client)
    model(client, **{"Seva-Canary": "always"})
    text = internal.get("/metrics").text
    for name in (LIVE, CANARY):
        assert f'seva_model_decisions_total{{kind="route",model="{name}"}} 1.0' in text
        assert f'seva_understood_total{{model="{name}",route="parse"}} 1.0' in text


class Registry:
    """A folder of models without weights; who loads one gets a fake."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.loaded = folder, []  # type: ignore[var-annotated]
        for name in (LIVE, CANARY, "third"):
            (folder / name / "data").mkdir(parents=True)
            (folder / name / "manifest.json").write_text("{}", "utf-8")
            for file in ("languages.yml",):
                (folder / name / "data" / file).write_bytes(Path("data", file).read_bytes())
        self.promote(LIVE)

    def promote(self, name: str) -> None:
        (self.folder / "live").write_text(json.dumps({"id": name}), "utf-8")

    def load(self, release: Release, settings: Any = None) -> Serving:
        self.loaded.append(release.model_id)
        return Serving(FakeUnderstanding(model_id=release.model_id), CATALOGUE)


def engines(registry: Registry) -> tuple[LiveEngine, CanaryEngine]:
    """As `serving_engines` has them, without Rasa."""
    settings = Settings(models_dir=registry.folder, canary_model=CANARY)
    canary = CanaryEngine(settings, lambda: live.model_id, registry.load, first=CATALOGUE)

    async def load(release: Release) -> Serving:
        return canary.promoted(release) or registry.load(release)

    def find() -> Release:
        return release_of(registry.folder, live_id(registry.folder) or "")

    live = LiveEngine(CATALOGUE, find, load)
    return live, canary


async def test_a_canary_that_is_promoted_is_not_loaded_again(tmp_path: Path) -> None:
    """Nor is there a moment at which nobody has it; a roll-back brings it back as a canary."""
    registry = Registry(tmp_path)
    live, canary = engines(registry)
    for one in (live, canary, live, canary):
        await one.look()
    assert (live.model_id, canary.model_id) == (LIVE, CANARY)
    registry.promote(CANARY)
    await canary.look()
    assert canary.model_id == CANARY  # the live engine has not looked yet
    await live.look()
    assert live.model_id == CANARY and live.loaded is canary.loaded
    await canary.look()
    assert canary.loaded is None and canary.trouble == ""
    assert registry.loaded == [LIVE, CANARY]
    registry.promote(LIVE)
    await canary.look()
    await live.look()
    await canary.look()
    assert (live.model_id, canary.model_id) == (LIVE, CANARY)


async def test_a_canary_that_is_live_at_the_start_is_loaded_once(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    registry.promote(CANARY)
    live, canary = engines(registry)
    await asyncio.gather(canary.look(), live.look())
    await canary.look()
    assert registry.loaded == [CANARY] and canary.loaded is None


async def test_a_new_live_model_leaves_the_canary_alone(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    live, canary = engines(registry)
    for name in (LIVE, "third"):
        registry.promote(name)
        await live.look()
        await canary.look()
    assert (live.model_id, canary.model_id) == ("third", CANARY)
    assert registry.loaded == [LIVE, CANARY, "third"]


def test_a_canary_that_is_not_in_the_registry_is_a_fault_at_the_start(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    settings = Settings(models_dir=registry.folder, canary_model="gone")
    with pytest.raises(FileNotFoundError, match="gone"):
        CanaryEngine(settings, lambda: "", registry.load)
