"""`seva why` explains the ranking and the decision that the served model really gives."""

from __future__ import annotations

import asyncio

import pytest

from nlu.engine.rasa_engine import Engine
from nlu.paths import reading
from nlu.quality.why import explain
from nlu.registry import live_release
from tests.processes import ROOT

ASKED = (
    "mera bijli ka bill kitna aaya hai 6123401005678",
    "రేషన్ కార్డు స్టేటస్ ఎక్కడ చూడాలి",
    "caste certificate in Patna, please",
    "बिजली का बिल",
    "namaste",
)


def test_ranking_and_decision_are_those_of_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SEVA_DATA_DIR", raising=False)
    release = live_release(ROOT / "models")

    async def answers() -> list[dict]:
        engine = await Engine.load(release.model, data_dir=release.data)
        return await engine.parse_many(ASKED)

    for text, answer in zip(ASKED, asyncio.run(answers())):
        with reading(release.data):
            found = explain(release, text)
        assert [name for name, _ in found.ranking] == [
            one["name"] for one in answer["intent_ranking"]
        ]
        assert [p for _, p in found.ranking] == pytest.approx(
            [one["confidence"] for one in answer["intent_ranking"]], abs=1e-4
        )
        assert found.decision.kind == answer["decision"]["kind"]
        options = [one["service"] for one in answer["decision"]["options"]]
        assert list(found.decision.options) == options
