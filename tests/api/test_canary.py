"""A share of the citizens is answered by a second model, always the same ones."""

from __future__ import annotations

import json
import weakref
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.canary import CanaryEngine, TurnReleases, share_of
from api.inbox.port import Claim
from api.live_engine import LiveEngine, Serving
from api.review.item import Item
from nlu import canary_pointer
from nlu.canary_pointer import Canary
from nlu.registry import Release, live_id, release_of
from nlu.turn import AWAY, Message, Reply, Turned, TurnFailed
from tests.api.api_fakes import FakeUnderstanding
from tests.api.conftest import CATALOGUE
from tests.api.five_texts import FIVE
from tests.inbox.worker_fakes import message

LIVE, CANARY = "20261125-022036-8081e303", "20261130-071229-f3758298"
AUDIO = {"files": {"audio": b"OggS"}}


@dataclass
class FakeCanary(FakeUnderstanding):
    """One that is loaded."""

    percent: float = 0.0
    wanted: str = CANARY


@pytest.fixture
def canary(client: TestClient, engine: FakeUnderstanding) -> FakeUnderstanding:
    """Beside the live model; nobody is in its share yet."""
    engine.model_id, other = LIVE, FakeCanary(model_id=CANARY)
    client.app.state.runtime.canary = other  # type: ignore[attr-defined]
    return other


def percent(client: TestClient, share: float) -> None:
    client.app.state.runtime.canary.percent = share  # type: ignore[attr-defined]


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
        client.app.state.runtime.canary = FakeCanary(model_id=loaded, percent=100)  # type: ignore
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


def test_feedback_is_understood_by_the_model_that_answers_the_citizen(
    client: TestClient, canary: FakeUnderstanding
) -> None:
    """Or by the one that is named; by the live one where that is gone."""
    percent(client, 50)
    names = [f"citizen-{number}" for number in range(20)]
    asked = [{"X-Conversation-Id": name} for name in names]
    asked += [{"Seva-Model": CANARY}, {"Seva-Canary": "always"}, {"Seva-Model": "gone"}, {}]
    wrong = {"text": "नमस्ते", "intent": "electricity_bill_view", "correct": False}
    for headers in asked:
        answer = client.post("/v1/feedback", json=wrong, headers=headers)
        assert answer.json() == {"kept": True}
    database = client.app.state.runtime.inbox._database  # type: ignore[attr-defined]
    query = "SELECT payload FROM review_arrivals ORDER BY seq"
    kept = [Item.of(row["payload"]) for row in database.look(lambda db: db.execute(query))]
    right = [CANARY if share_of(CANARY, name) < 50 else LIVE for name in names]
    assert [item.model for item in kept] == [*right, CANARY, CANARY, LIVE, LIVE]


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
        self.folder = folder
        self.loaded: list[str] = []
        self.broken: set[str] = set()
        self.not_ready: set[str] = set()
        for name in (LIVE, CANARY, "third"):
            (folder / name / "data").mkdir(parents=True)
            (folder / name / "manifest.json").write_text("{}", "utf-8")
        self.promote(LIVE)
        self.canary(CANARY)

    def promote(self, name: str) -> None:
        (self.folder / "live").write_text(json.dumps({"id": name}), "utf-8")
        canary_pointer.drop(self.folder, name)

    def canary(self, name: str | None, share: float = 50) -> None:
        canary_pointer.write(self.folder, None if name is None else Canary(name, share))

    def load(self, release: Release) -> Serving:
        self.loaded.append(release.model_id)
        if release.model_id in self.broken:
            raise ValueError("secret")
        welcome = {language: release.model_id for language in CATALOGUE.languages.reply}
        phrases = {**CATALOGUE.phrases, "welcome": welcome}
        engine = FakeTurns(model_id=release.model_id)
        return Serving(engine, replace(CATALOGUE, phrases=phrases))

    async def in_the_way(self, release: Release) -> str:
        return "not ready" if release.model_id in self.not_ready else ""


class FakeTurns(FakeUnderstanding):
    """Says which model it is, and counts the turns in the tracker."""

    async def turn(self, message: Message, tracker: str | None = None) -> Turned:
        if self.error:
            raise self.error
        told = str(int(tracker or 0) + 1)
        return Turned((Reply(self.model_id, language="te"),), told, model=self.model_id)


def engines(registry: Registry, **how: Any) -> tuple[LiveEngine, CanaryEngine]:
    """As `serving_engines` has them, without Rasa."""
    canary = CanaryEngine(
        registry.folder,
        lambda: live.model_id,
        registry.load,
        CATALOGUE,
        registry.in_the_way,
        **how,
    )

    async def load(release: Release) -> Serving:
        return canary.promoted(release) or registry.load(release)

    def find() -> Release:
        return release_of(registry.folder, live_id(registry.folder) or "")

    live = LiveEngine(CATALOGUE, find, load)
    return live, canary


async def looked(*those: LiveEngine) -> None:
    for one in those:
        await one.look()


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(tmp_path)


async def test_a_canary_that_is_promoted_is_not_loaded_again(registry: Registry) -> None:
    """Nor is there a moment at which nobody has it; gone back from, it is no canary again."""
    live, canary = engines(registry)
    await looked(live, canary, live, canary)
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
    await looked(canary, live, canary)
    assert (live.model_id, canary.model_id, canary.wanted) == (LIVE, "", "")


async def test_a_canary_is_set_changed_and_ended_without_a_restart(registry: Registry) -> None:
    registry.canary(None)
    live, canary = engines(registry)
    await looked(live, canary)
    assert registry.loaded == [LIVE] and canary.percent == 0 and canary.trouble == ""
    for name, share in ((CANARY, 5.0), (CANARY, 20.0), ("third", 20.0)):
        registry.canary(name, share)
        await looked(live, canary)
        assert (canary.model_id, canary.percent, canary.wanted) == (name, share, name)
    registry.canary(None)
    await looked(live, canary)
    assert canary.loaded is None and canary.percent == 0
    assert registry.loaded == [LIVE, CANARY, "third"] and live.model_id == LIVE


async def test_a_new_live_model_leaves_the_canary_alone(registry: Registry) -> None:
    live, canary = engines(registry)
    for name in (LIVE, "third"):
        registry.promote(name)
        await looked(live, canary)
    assert (live.model_id, canary.model_id) == ("third", CANARY)
    assert registry.loaded == [LIVE, CANARY, "third"]


async def test_a_canary_that_is_given_up_is_freed(registry: Registry) -> None:
    live, canary = engines(registry)
    await looked(live, canary)
    assert canary.loaded is not None
    engine = canary.loaded.engine
    engine.itself = engine  # type: ignore[attr-defined]  # a circle, as Rasa's objects have them
    gone = weakref.ref(engine)
    del engine
    registry.canary(None)
    await canary.look()
    assert gone() is None


@pytest.mark.parametrize("fault", ["broken", "gone", "half a file"])
async def test_a_canary_that_does_not_load_leaves_everybody_to_the_live_model(
    registry: Registry, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    """It is told, once, and who insists on it is refused."""
    registry.broken = {CANARY}
    if fault == "gone":
        registry.canary("20260101-000000-00000000", 100)
    elif fault == "half a file":
        (registry.folder / "canary").write_text('{"id": "a', "utf-8")
    live, canary = engines(registry)
    await looked(live, canary, canary)
    assert canary.trouble and canary.percent == 0 and "secret" not in canary.trouble
    assert caplog.text.count("model_not_loaded") == 1
    for number in range(20):
        assert canary.serving(f"lane-{number}") is None
    assert live.model_id == LIVE and live.trouble == ""


async def test_a_canary_that_is_set_again_is_tried_at_once(registry: Registry) -> None:
    registry.broken = {CANARY}
    live, canary = engines(registry)
    await looked(live, canary)
    registry.canary(None)
    await canary.look()
    assert canary.trouble == ""
    registry.broken = set()
    registry.canary(CANARY)
    await canary.look()
    assert canary.model_id == CANARY and canary.percent == 50


async def test_a_worker_loads_no_canary_without_a_share(registry: Registry) -> None:
    """With 0 percent only calls of `/parse` ask for it."""
    registry.canary(CANARY, 0)
    _, serve = engines(registry)
    _, worker = engines(registry, by_share_only=True)
    await looked(serve, worker)
    assert serve.model_id == CANARY and worker.loaded is None and worker.trouble == ""
    registry.canary(CANARY, 1)
    await worker.look()
    assert worker.model_id == CANARY
    registry.canary(CANARY, 0)
    await worker.look()
    assert worker.loaded is None


def claim(lane: str, attempt: int = 1, deaths: int = 0) -> Claim:
    number, citizen = lane.split(":")
    said = replace(message(1, citizen=citizen), phone_number_id=number)
    assert said.lane == lane
    return Claim(said, attempt, "t", deaths)


def lanes(canary: CanaryEngine) -> tuple[str, str]:
    """A lane of its share, and one that is not."""
    names = [f"109876543210987:9198480{number:05}" for number in range(100)]
    inside = next(one for one in names if canary.serving(one) is not None)
    return inside, next(one for one in names if canary.serving(one) is None)


async def test_a_turn_runs_on_the_release_of_its_citizen(registry: Registry) -> None:
    """Engine, words and data, to its end, also where the canary ends meanwhile; the next turn goes
    on from the same tracker."""
    live, canary = engines(registry)
    await looked(live, canary)
    releases = TurnReleases(live, canary)
    inside, outside = lanes(canary)
    for lane, model in ((inside, CANARY), (outside, LIVE)):
        assert releases.model_of(claim(lane)) == model
        for text in FIVE.values():
            with releases.one_release(claim(lane)):
                turned = await live.turn(Message(text, lane))
                assert turned.model == model == live.model_id
                assert live.phrases.say("welcome", "te") == model
    with releases.one_release(claim(inside)):
        registry.canary(None)
        await looked(live, canary)
        assert canary.loaded is None
        turned = await live.turn(Message("నా బిల్లు", inside))
        assert turned.model == CANARY and live.phrases.say("welcome", "hi") == CANARY
    with releases.one_release(claim(inside)):
        turned = await live.turn(Message("నా బిల్లు", inside), turned.tracker)
    assert (turned.model, turned.tracker) == (LIVE, "2")


@pytest.mark.parametrize("again", [{"attempt": 2}, {"deaths": 1}])
async def test_a_turn_that_failed_is_tried_again_on_the_live_model(
    registry: Registry, again: dict[str, int]
) -> None:
    live, canary = engines(registry)
    await looked(live, canary)
    inside, _ = lanes(canary)
    releases = TurnReleases(live, canary)
    assert releases.model_of(claim(inside)) == CANARY
    assert releases.model_of(claim(inside, **again)) == LIVE


async def test_a_canary_waits_for_the_action_server_and_steps_aside_without_it(
    registry: Registry,
) -> None:
    """Others' messages must not wait because of it."""
    registry.not_ready = {CANARY}
    live, canary = engines(registry)
    await looked(live, canary)
    assert canary.loaded is None and canary.trouble == "not ready"
    registry.not_ready = set()
    await looked(live, canary)
    inside, _ = lanes(canary)
    assert canary.loaded is not None and canary.trouble == ""
    releases = TurnReleases(live, canary)
    canary.loaded.engine.error = TurnFailed("status 503", AWAY)  # type: ignore[attr-defined]
    with pytest.raises(TurnFailed), releases.one_release(claim(inside)):
        await live.turn(Message("a", inside))
    assert releases.model_of(claim(inside)) == LIVE and canary.percent == 0
    registry.not_ready = {CANARY}
    await canary.look()
    assert releases.model_of(claim(inside)) == LIVE
    registry.not_ready = set()
    await canary.look()
    assert releases.model_of(claim(inside)) == CANARY
    assert registry.loaded == [LIVE, CANARY]  # it was never let go


async def test_all_workers_draw_the_same_citizens(registry: Registry) -> None:
    registry.canary(CANARY, 30)
    workers = [engines(registry) for _ in range(3)]
    for pair in workers:
        await looked(*pair)
    names = [f"lane-{number}" for number in range(200)]
    drawn = [[one.serving(name) is not None for name in names] for _, one in workers]
    assert drawn[0] == drawn[1] == drawn[2]
    assert drawn[0] == [share_of(CANARY, name) < 30 for name in names]
